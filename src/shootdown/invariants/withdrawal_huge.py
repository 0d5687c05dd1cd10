# SPDX-License-Identifier: MIT
"""`withdrawal.py`, for translations of huge pages: which pages of one nobody may use it for.

Not vacuous: broken when madvise(MADV_DONTNEED) does not flush the huge zero page.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    CONFIG_TRANSPARENT_HUGEPAGE,
    NR_CPUS,
    NR_VPN,
    cpu_id,
    pfn_t,
    table_nr,
    vaddr_t,
    vpn_t,
)
from shootdown.hw.events import (
    access_made,
    cr3_loaded,
    huge_tlb_dropped,
    huge_tlb_filled,
    huge_tlb_flushed,
    tlb_flushed,
)
from shootdown.hw.reach import is_remembered_as_huge
from shootdown.hw.tlb import huge_of, mmu, rights_t
from shootdown.lang import Array, Bool, array, check, hw, on, record, struct

__all__ = ["mark_huge", "marked_huge"]


@struct(count=NR_CPUS)
class marked_huge:
    """Pages for which a CPU may not use the translation of the huge page that they are in."""

    pages: Array[Bool] = array(NR_VPN)
    stores: Array[Bool] = array(NR_VPN)
    """Those that may be loaded from."""


@hw
def mark_huge(root: table_nr, vpn: vpn_t, pfn: pfn_t, frames: Bool, written: Bool) -> None:
    """Mark what leads from a page to a frame that shall not be reached, or not be stored to."""
    for cpu in range(NR_CPUS):
        if frames and is_remembered_as_huge(cpu, root, vpn, pfn, False):
            record(marked_huge, cpu).pages[vpn] = True
        if written and is_remembered_as_huge(cpu, root, vpn, pfn, True):
            record(marked_huge, cpu).stores[vpn] = True


@on(access_made)
def huge_access_is_made_anew(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each access by the mark on its translation; a small one goes before a huge one."""
    if CONFIG_TRANSPARENT_HUGEPAGE and record(mmu, cpu).tlb[vpn].rights == rights_t.ABSENT:
        check(not record(marked_huge, cpu).pages[vpn], "protection")
        check(not (write and record(marked_huge, cpu).stores[vpn]), "protection")


@on(huge_tlb_filled)
def unmark_huge_filled(
    cpu: cpu_id, start: vaddr_t, end: vaddr_t, pfn: pfn_t, write: Bool, dirty: Bool
) -> None:
    """Forget the marks of the translation before."""
    unmark(cpu, start, end)


@on(huge_tlb_dropped)
def unmark_huge_dropped(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the marks of a translation that has gone."""
    unmark(cpu, start, end)


@on(huge_tlb_flushed)
def unmark_huge_flushed(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the marks of a translation that has gone."""
    unmark(cpu, start, end)


@hw
def unmark(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the marks of some pages."""
    for vpn in range(start, end):
        record(marked_huge, cpu).pages[vpn] = False
        record(marked_huge, cpu).stores[vpn] = False


@on(tlb_flushed)
def unmark_huge_with_all(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the marks of translations that have gone with everything else."""
    unmark_what_has_gone(cpu)


@on(cr3_loaded)
def unmark_huge_of_old_root(cpu: cpu_id) -> None:
    """Forget the marks of translations that have gone with everything else."""
    unmark_what_has_gone(cpu)


@hw
def unmark_what_has_gone(cpu: cpu_id) -> None:
    """Forget the marks of what is not in the TLB."""
    if CONFIG_TRANSPARENT_HUGEPAGE:
        for vpn in range(NR_VPN):
            if record(mmu, cpu).huge[huge_of(vpn)].rights == rights_t.ABSENT:
                record(marked_huge, cpu).pages[vpn] = False
                record(marked_huge, cpu).stores[vpn] = False
