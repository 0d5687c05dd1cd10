# SPDX-License-Identifier: MIT
"""A load sees what threads have stored to its page, also when the page comes back in another frame.

A page that the kernel drops because it can read it back is read into another frame. Until somebody
stores to that, both frames hold the same, and a TLB may know either. From then on, nobody may load
from the one that was dropped: not by another address, nor in another address space, and not through
an entry that somebody has left in the tables.

Not vacuous: broken when a page comes back from the swap area before the flush that reclaim has put
off, which is no planted mistake.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES, block_t, cpu_id, pfn_t, vpn_t
from shootdown.hw.events import access_made, block_read, disk_read, page_evicted, page_freed
from shootdown.hw.published import page_origin
from shootdown.lang import Bool, check, invariant, on, record, struct

__all__ = ["coherence"]

coherence = invariant("coherence", "a load misses a store, as its page has come back elsewhere")


@struct(count=NR_PAGES)
class journey:
    """What the monitor remembers of a frame."""

    dropped: Bool
    """Its page may come back in another frame."""

    returned: Bool
    """Its page was read from the disk."""

    outdated: Bool
    """Its page has come back in another frame, and was stored to there."""


@on(page_evicted)
def note_dropped(pfn: pfn_t) -> None:
    """Expect the page elsewhere."""
    record(journey, pfn).dropped = True


@on(block_read)
def note_returned_from_block(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Take the frame for the page's new one."""
    record(journey, pfn).returned = True


@on(disk_read)
def note_returned_from_file(pfn: pfn_t) -> None:
    """Take the frame for the page's new one."""
    record(journey, pfn).returned = True


@on(page_freed)
def forget_frame(pfn: pfn_t) -> None:
    """Let the frame's next owner start anew; older translations are `stale_access` from here on."""
    record(journey, pfn).dropped = False
    record(journey, pfn).returned = False
    record(journey, pfn).outdated = False


@on(access_made)
def load_sees_the_last_store(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each load, and note what a store outdates: the page's old frame."""
    check(write or not record(journey, pfn).outdated, "coherence")
    if write and record(journey, pfn).returned:
        for other in range(NR_PAGES):
            is_same = record(page_origin, other).home == record(page_origin, pfn).home
            if other != pfn and is_same and record(journey, other).dropped:
                record(journey, other).outdated = True
