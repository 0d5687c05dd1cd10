# SPDX-License-Identifier: MIT
"""`lost_write`, for blocks of the disk that find owners and lose them: what was put there is kept.

What is written to a block that belongs to nobody overwrites the next owner's, or is overwritten.
Who reads a block may find out in time that it was given up meanwhile; but a page that was read from
one, and is mapped, has what the block's owner had put there.

An entry that names a block promises what is there. Where that entry was, only the page comes back
that was in the swap cache for it when it was stored, or that was read from the block since. The
block may have had other pages before, which have still been read from it.

Not vacuous: broken when swap-in gives the slot back before it has read it, and when it does not
look whether the page that it has waited for still has the slot.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    CONFIG_SWAP,
    NR_PAGES,
    NR_TABLES,
    PTRS_PER_TABLE,
    block_t,
    frame_or_table,
    pfn_t,
    slot_t,
    table_nr,
)
from shootdown.hw.events import (
    block_forgotten,
    block_noted,
    block_read,
    block_written,
    page_freed,
    pte_set,
)
from shootdown.hw.memory import entry_t, names_block, table
from shootdown.hw.published import page_flags, page_place
from shootdown.lang import Array, Bool, Ptr, array, check, hw, on, pointer, record, struct

__all__ = ["origin", "promise"]

NR_ENTRIES = NR_TABLES * PTRS_PER_TABLE


@struct(count=NR_PAGES)
class origin:
    """What the monitor remembers of a frame."""

    is_garbage: Bool
    """It was read from a block that has not what its owner had put there."""


@struct(count=NR_ENTRIES)
class promise:
    """What the monitor remembers of an entry that names a block."""

    is_made: Bool
    frames: Array[Bool] = array(NR_PAGES)
    """The frames that have what the entry promises."""


@hw
def forget_promise(number: table_nr, slot: slot_t) -> None:
    """Begin anew with an entry."""
    entry = record(promise, number * PTRS_PER_TABLE + slot)
    entry.is_made = False
    for pfn in range(NR_PAGES):
        entry.frames[pfn] = False


@on(block_noted)
def note_promise(number: table_nr, slot: slot_t, block: block_t) -> None:
    """Take the page in the swap cache for the one that is meant, if there is one by now."""
    forget_promise(number, slot)
    entry = record(promise, number * PTRS_PER_TABLE + slot)
    entry.is_made = True
    for pfn in range(NR_PAGES):
        is_cached = record(page_flags, pfn).swapcache
        entry.frames[pfn] = is_cached and record(page_place, pfn).swap == block


@on(block_forgotten)
def drop_promise(number: table_nr, slot: slot_t, block: block_t) -> None:
    """Expect nothing of what comes next."""
    forget_promise(number, slot)


@on(block_read)
def note_copy(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Take the frame for what the entries promise that name the block now."""
    for i in range(NR_ENTRIES):
        position: Ptr[entry_t] = pointer(entry_t, i)
        if names_block(position[0]) and position[0].pfn == block:
            record(promise, i).frames[pfn] = True


@on(block_written)
def written_block_has_an_owner(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Find contents that are put where nobody keeps them."""
    check(not lost, "lost_write")


@on(block_read)
def note_garbage(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Remember contents that were never written, or given up."""
    record(origin, pfn).is_garbage = lost


@on(pte_set)
def mapped_page_is_what_it_was(
    number: table_nr, slot: slot_t, pfn: frame_or_table, write: Bool, dirty: Bool
) -> None:
    """Find a page that comes back without its contents."""
    if record(table, number).level == 1:
        check(not record(origin, pfn).is_garbage, "lost_write")
        if CONFIG_SWAP:
            keep_promise(number, slot, pfn)


@hw
def keep_promise(number: table_nr, slot: slot_t, pfn: pfn_t) -> None:
    """Find a page that comes back in the place of another."""
    entry = record(promise, number * PTRS_PER_TABLE + slot)
    check(not entry.is_made or entry.frames[pfn], "lost_write")
    forget_promise(number, slot)


@on(page_freed)
def forget_freed_frame(pfn: pfn_t) -> None:
    """Let the frame's next owner start anew."""
    record(origin, pfn).is_garbage = False
    for i in range(NR_ENTRIES):
        record(promise, i).frames[pfn] = False
