# SPDX-License-Identifier: MIT
"""The disk: a page's contents reach its block in one step, with all stores made until then.

A store that comes later leaves the frame unsaved again, whatever the kernel believes.

The page of a file has a block of its own, which needs no name. Blocks for pages of no file find
owners and lose them. What one holds is not modelled, only whether it is what its owner has put
there: so a block that changes hands too early is noticed if it is used before it is written again.
When a block loses its owner, a frame that has the same contents has the only ones from then on.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_BLOCKS, NR_PAGES, block_or_none, block_t, pfn_t
from shootdown.hw.events import (
    block_allocated,
    block_freed,
    block_freed_twice,
    block_read,
    block_written,
    device_stored,
    disk_read,
    disk_written,
)
from shootdown.hw.memory import frame
from shootdown.lang import Bool, atomic, hw, record, struct

__all__ = [
    "block",
    "hw_alloc_block",
    "hw_device_store",
    "hw_free_block",
    "hw_read_block",
    "hw_read_disk",
    "hw_write_block",
    "hw_write_disk",
]


@struct(count=NR_BLOCKS)
class block:
    """A block of the disk for a page of no file."""

    allocated: Bool
    """Somebody owns it."""

    written: Bool
    """It holds what its owner has put there."""


@hw
def hw_write_disk(pfn: pfn_t) -> None:
    """Write the contents of a frame to its block."""
    with atomic():
        record(frame, pfn).unsaved = False
        disk_written(pfn)


@hw
def hw_read_disk(pfn: pfn_t) -> None:
    """Give a frame the contents of its block."""
    with atomic():
        record(frame, pfn).unsaved = False
        disk_read(pfn)


@hw
def hw_device_store(pfn: pfn_t) -> None:
    """Let a device store to a frame, at the behest of somebody who wants to load that."""
    with atomic():
        record(frame, pfn).unsaved = True
        device_stored(pfn)


@hw
def hw_alloc_block() -> block_or_none:
    """Take a block, or return -1 if all have owners."""
    with atomic():
        for number in range(NR_BLOCKS):
            if not record(block, number).allocated:
                record(block, number).allocated = True
                block_allocated(number)
                return number
        return -1


@hw
def hw_free_block(number: block_t) -> None:
    """Give a block back; nobody wants its contents."""
    with atomic():
        if record(block, number).allocated:
            record(block, number).allocated = False
            record(block, number).written = False
            forget_copies(number)
            block_freed(number)
        else:
            block_freed_twice(number)


@hw
def forget_copies(number: block_t) -> None:
    """Note that the disk has no more what some frame holds."""
    for pfn in range(NR_PAGES):
        if record(frame, pfn).copy == number + 1:
            record(frame, pfn).unsaved = True
            record(frame, pfn).copy = 0


@hw
def hw_write_block(pfn: pfn_t, number: block_t) -> None:
    """Write the contents of a frame to a block."""
    with atomic():
        is_owned = record(block, number).allocated
        record(block, number).written = is_owned
        record(frame, pfn).unsaved = False
        record(frame, pfn).copy = number + 1
        block_written(pfn, number, not is_owned)


@hw
def hw_read_block(pfn: pfn_t, number: block_t) -> None:
    """Give a frame the contents of a block."""
    with atomic():
        is_there = record(block, number).written
        record(frame, pfn).unsaved = False
        record(frame, pfn).copy = number + 1
        block_read(pfn, number, not is_there)
