# SPDX-License-Identifier: MIT
"""The disk: a page's contents reach its block in one step, with all stores made until then.

A store that comes later leaves the frame unsaved again, whatever the kernel believes.
"""

from __future__ import annotations

from shootdown.hw.bounds import pfn_t
from shootdown.hw.events import disk_read, disk_written
from shootdown.hw.memory import frame
from shootdown.lang import atomic, hw, record

__all__ = ["hw_read_disk", "hw_write_disk"]


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
