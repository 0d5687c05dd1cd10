# SPDX-License-Identifier: GPL-2.0-only
"""Zap before v3.0: the gather is flushed and freed where it fills, under the page-table lock."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_SWAP, vaddr_t
from shootdown.lang import Ptr, Ref, kernel, record
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pmd_t,
    pte_lockptr,
    pte_present,
    pte_unmap_unlock,
    ptep_get,
    ptep_get_and_clear,
)
from shootdown.linux.features import MMU_GATHER_REWORK
from shootdown.linux.history.mm.mmu_gather_mmu_gather_rework import tlb_remove_page
from shootdown.linux.history.mm.page_writeback import set_page_dirty
from shootdown.linux.history.mm.rmap import PageAnon, page_remove_rmap
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_remove_tlb_entry
from shootdown.linux.include.linux.mm_types import page, vm_area_struct
from shootdown.linux.include.linux.swapops import is_swap_pte
from shootdown.linux.mm.memory import zap_nonpresent_ptes
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock

__all__ = ["zap_pte_range"]


@kernel(before=MMU_GATHER_REWORK)
def zap_pte_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pmd: Ptr[pmd_t], addr: vaddr_t, end: vaddr_t
) -> vaddr_t:
    """Zap the entries of one table.

    Kernel: mm/memory.c, v2.6.39
    Context: mmap_sem held for writing, preemption disabled
    Deviates: the page's age and the mm's counters; a block ends at `end`, so zap_work is not
        counted here
    """
    pte = pte_offset_map_lock(pmd, addr)
    ptl = pte_lockptr(pte)
    while True:
        ptent = ptep_get(pte)
        if pte_present(ptent):
            found = record(page, ptent.pfn)
            ptent = ptep_get_and_clear(pte)
            tlb_remove_tlb_entry(tlb, addr)
            if not PageAnon(found) and ptent.dirty:
                set_page_dirty(found)
            page_remove_rmap(found)
            tlb_remove_page(tlb, found)
        elif CONFIG_SWAP and is_swap_pte(ptent):
            zap_nonpresent_ptes(pte, ptent)
        addr = addr + 1
        if addr == end:
            break
        pte = pte + 1
    pte_unmap_unlock(ptl)
    return addr
