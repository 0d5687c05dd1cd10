# SPDX-License-Identifier: MIT
"""A load sees what threads have stored to its page, also when the page comes back in another frame.

A page that the kernel drops because it can read it back is read into another frame. Until somebody
stores to that, both frames hold the same, and a TLB may know either. From then on, nobody may load
from the one that was dropped: not by another address either, nor in another address space.

Not vacuous: broken when a page comes back from the swap area before the flush that reclaim has put
off, which is no planted mistake.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_CPUS, NR_PAGES, NR_VPN, block_t, cpu_id, pfn_t, vaddr_t, vpn_t
from shootdown.hw.events import (
    access_made,
    block_read,
    cr3_loaded,
    disk_read,
    page_evicted,
    page_freed,
    tlb_dropped,
    tlb_filled,
    tlb_flushed,
)
from shootdown.hw.published import page_origin
from shootdown.hw.tlb import mmu, rights_t
from shootdown.lang import Array, Bool, array, check, hw, invariant, on, record, struct

__all__ = ["coherence"]

coherence = invariant("coherence", "a load misses a store, as its page has come back elsewhere")


@struct(count=NR_PAGES)
class journey:
    """What the monitor remembers of a frame."""

    dropped: Bool
    """Its page may come back in another frame."""

    returned: Bool
    """Its page was read from the disk."""


@struct(count=NR_CPUS)
class outdated:
    """The TLB entries of a CPU by which a load would miss a store."""

    pages: Array[Bool] = array(NR_VPN)


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


@hw
def knows_dropped_frame(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t) -> Bool:
    """Tell whether a CPU may still load from a frame that was dropped, and came back as another."""
    entry = record(mmu, cpu).tlb[vpn]
    if entry.rights == rights_t.ABSENT or not record(journey, entry.pfn).dropped:
        return False
    return record(page_origin, entry.pfn).home == record(page_origin, pfn).home


@on(access_made)
def load_sees_the_last_store(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each load, and mark what a store outdates: what TLBs know of the page's old frame."""
    check(write or not record(outdated, cpu).pages[vpn], "coherence")
    if write and record(journey, pfn).returned:
        for other in range(NR_CPUS):
            for place in range(NR_VPN):
                if knows_dropped_frame(other, place, pfn):
                    record(outdated, other).pages[place] = True


@on(tlb_filled)
def forget_entry_before(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, dirty: Bool) -> None:
    """Forget the mark of the entry before."""
    record(outdated, cpu).pages[vpn] = False


@on(tlb_dropped)
def forget_dropped_entry(cpu: cpu_id, vpn: vpn_t) -> None:
    """Forget the mark of an entry that has gone."""
    record(outdated, cpu).pages[vpn] = False


@on(tlb_flushed)
def forget_flushed_entries(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the marks of entries that have gone."""
    for vpn in range(start, end):
        record(outdated, cpu).pages[vpn] = False


@on(cr3_loaded)
def forget_all_entries(cpu: cpu_id) -> None:
    """Forget the marks of entries that have gone."""
    for vpn in range(NR_VPN):
        record(outdated, cpu).pages[vpn] = False
