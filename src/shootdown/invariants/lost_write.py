# SPDX-License-Identifier: MIT
"""What was stored to a page reaches the disk: by the end somebody still knows that it has to.

In an end state, a frame whose contents the disk has not is dirty, or a page-table entry that maps
it is. And a page that the kernel drops because it can read it back is saved at that moment, and
never stored to again: nobody will look at it any more.

A page that comes back from a block of the disk is the one that was put there; and what is written
to a block that belongs to nobody overwrites the next owner's, or is overwritten.

Not vacuous: the first is broken when `page_mkclean` does not flush, or when zap moves the dirty
bit to the page and flushes only after the page-table lock; the second, when reclaim drops a page
before the flush that its unmapping deferred.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES, block_t, cpu_id, pfn_t, vpn_t
from shootdown.hw.events import (
    access_made,
    block_read,
    block_written,
    page_evicted,
    page_freed,
)
from shootdown.hw.memory import frame, is_mapped
from shootdown.hw.published import page_flags
from shootdown.lang import Bool, check, final, invariant, on, record, struct

__all__ = ["lost_write"]

lost_write = invariant("lost_write", "a store to a page never reaches the disk")


@struct(count=NR_PAGES)
class farewell:
    """What the monitor remembers of a frame."""

    evicted: Bool
    """Only the disk's copy counts, until the frame is freed."""


@final
def unsaved_pages_are_known_to_be_dirty() -> None:
    """Find frames whose contents nobody is going to write."""
    for pfn in range(NR_PAGES):
        page = record(frame, pfn)
        if page.allocated and page.unsaved and not record(farewell, pfn).evicted:
            known = record(page_flags, pfn).dirty or is_mapped(pfn, True)
            check(known, "lost_write")


@on(page_evicted)
def evicted_page_is_saved(pfn: pfn_t) -> None:
    """Find stores that came after the page was written."""
    check(not record(frame, pfn).unsaved, "lost_write")
    record(farewell, pfn).evicted = True


@on(access_made)
def evicted_page_is_not_stored_to(
    cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool
) -> None:
    """Find stores that come after the last look at the page; stale ones are `stale_access`."""
    check(not (write and not stale and record(farewell, pfn).evicted), "lost_write")


@on(page_freed)
def forget_frame(pfn: pfn_t) -> None:
    """Let the frame's next owner start anew."""
    record(farewell, pfn).evicted = False


@on(block_written)
def written_block_has_an_owner(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Find contents that are put where nobody keeps them."""
    check(not lost, "lost_write")


@on(block_read)
def block_has_kept_its_contents(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Find contents that were never written, or given up."""
    check(not lost, "lost_write")
