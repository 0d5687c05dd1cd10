# SPDX-License-Identifier: MIT
"""No page is marked or written to the disk after it was freed.

Its record is the next owner's by then, or nobody's, and so is its memory.

Not vacuous: broken when a file is truncated during a write fault that marks the page when it has
unlocked it, or that waits for the page's lock and has no reference to the page.
"""

from __future__ import annotations

from shootdown.hw.bounds import block_t, pfn_t
from shootdown.hw.events import (
    block_written,
    device_stored,
    disk_written,
    page_cleaned,
    page_dirtied,
)
from shootdown.hw.memory import frame
from shootdown.lang import Bool, check, invariant, on, record

__all__ = ["page_uaf"]

page_uaf = invariant("page_uaf", "a page is marked or written after it was freed")


@on(page_dirtied)
def dirtied_page_is_live(pfn: pfn_t) -> None:
    """Judge a page that is said to be dirty."""
    check(record(frame, pfn).allocated, "page_uaf")


@on(page_cleaned)
def cleaned_page_is_live(pfn: pfn_t) -> None:
    """Judge a page that is said to be clean."""
    check(record(frame, pfn).allocated, "page_uaf")


@on(device_stored)
def page_of_a_device_is_live(pfn: pfn_t) -> None:
    """Judge a page that a device stores to."""
    check(record(frame, pfn).allocated, "page_uaf")


@on(disk_written)
def written_page_is_live(pfn: pfn_t) -> None:
    """Judge a page that the disk reads."""
    check(record(frame, pfn).allocated, "page_uaf")


@on(block_written)
def page_of_no_file_is_live(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Judge a page that the disk reads to keep it in the swap area."""
    check(record(frame, pfn).allocated, "page_uaf")
