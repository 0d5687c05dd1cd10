# SPDX-License-Identifier: GPL-2.0-only
"""madvise(MADV_PAGEOUT): pages that their owner wants to be reclaimed now.

The second part of mm/madvise.c.
"""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Bool, Ptr, Ref, has, kernel, local, record, replace, this_cpu
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pmd_addr_end,
    pmd_t,
    pte_lockptr,
    pte_present,
    pte_unmap_unlock,
    ptep_get,
    ptep_get_and_clear,
    set_pte_at,
)
from shootdown.linux.features import PAGEOUT_ANY_AGE
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_remove_tlb_entry
from shootdown.linux.include.linux.mm_types import folio, page, task_struct, vm_area_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.include.linux.mmzone import sd_folio_list
from shootdown.linux.include.linux.page_flags import folio_test_lru
from shootdown.linux.include.linux.sched import cond_resched
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu
from shootdown.linux.mm.page_vma_mapped import mm_find_pmd
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending
from shootdown.linux.mm.vma import find_vma
from shootdown.linux.mm.vmscan import reclaim_pages
from shootdown.linux.mm.vmscan_lru import folio_isolate_lru, sd_list_add

__all__ = ["madvise_cold_or_pageout_pte_range", "madvise_pageout", "sd_madvise_pageout"]


@kernel
def sd_madvise_pageout(start: vaddr_t, len_in: vaddr_t) -> None:
    """Have a range of the running task's address space reclaimed.

    Kernel: none
    Context: user context, may sleep
    Deviates: stands for madvise() with the advice MADV_PAGEOUT (v5.4); the range lies in one
        mapping
    """
    mm = record(task_struct, this_cpu()).mm
    mmap_read_lock(mm)
    vma = find_vma(mm, start)
    if vma is not NULL:
        madvise_pageout(vma, start, start + len_in)
    mmap_read_unlock(mm)


@kernel
def madvise_pageout(vma: Ref[vm_area_struct], start_addr: vaddr_t, end_addr: vaddr_t) -> None:
    """Have the pages of a range of a mapping reclaimed.

    Kernel: mm/madvise.c, v6.18, commit 1a4e58cce84e
    Context: mmap_lock held; may sleep
    Deviates: the caller may write the file; the gather is not the caller's, as before v6.16
    """
    tlb = local(mmu_gather)
    tlb_gather_mmu(tlb, vma.vm_mm)
    madvise_pageout_page_range(tlb, start_addr, end_addr)
    tlb_finish_mmu(tlb)


@kernel
def madvise_pageout_page_range(tlb: Ref[mmu_gather], addr: vaddr_t, end: vaddr_t) -> None:
    """Have the pages of a range reclaimed, table by table.

    Kernel: mm/madvise.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the tables are walked without walk_page_range()
    """
    while addr < end:
        pmd = mm_find_pmd(tlb.mm, addr)
        next = pmd_addr_end(addr, end)
        if pmd is not NULL:
            madvise_cold_or_pageout_pte_range(tlb, pmd, addr, next)
        addr = next


@kernel
def madvise_cold_or_pageout_pte_range(
    tlb: Ref[mmu_gather], pmd: Ptr[pmd_t], addr: vaddr_t, end: vaddr_t
) -> None:
    """Take the pages of one table off their list, and then reclaim them.

    Kernel: mm/madvise.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the advice is MADV_PAGEOUT; one page a folio; the lock of the table is not given up
        in between; a table has no more pages than reclaim isolates at a time
    """
    folio_list = local(sd_folio_list)
    pte = pte_offset_map_lock(pmd, addr)
    ptl = pte_lockptr(pte)
    flush_tlb_batched_pending(tlb.mm)
    while True:
        ptent = ptep_get(pte)
        if pte_present(ptent) and sd_is_own(record(page, ptent.pfn)):
            folio = record(page, ptent.pfn)
            if not has(PAGEOUT_ANY_AGE) and ptent.accessed:
                set_pte_at(pte, replace(ptep_get_and_clear(pte), accessed=False))
                tlb_remove_tlb_entry(tlb, addr)
            folio.PG_referenced = False
            if folio_isolate_lru(folio):
                sd_list_add(folio_list, folio)
        addr = addr + 1
        if addr == end:
            break
        pte = pte + 1
    pte_unmap_unlock(ptl)
    reclaim_pages(folio_list)
    cond_resched()


@kernel
def sd_is_own(folio: Ref[folio]) -> Bool:
    """Tell whether the page is on its list, and nobody else has it mapped.

    Kernel: none
    Context: ptl held
    Deviates: a part of the loop of madvise_cold_or_pageout_pte_range()
    """
    return folio_test_lru(folio) and folio._mapcount == 0
