# SPDX-License-Identifier: GPL-2.0-only
"""Zap from v3.19 to v6.1: a page counts as unmapped before its flush."""

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
from shootdown.linux.features import DELAYED_RMAP
from shootdown.linux.history.mm.page_writeback import set_page_dirty
from shootdown.linux.history.mm.rmap import PageAnon, page_remove_rmap
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_remove_tlb_entry
from shootdown.linux.include.linux.mm_types import page, vm_area_struct
from shootdown.linux.include.linux.swapops import is_swap_pte
from shootdown.linux.mm.memory import zap_nonpresent_ptes
from shootdown.linux.mm.mmu_gather import (
    __tlb_remove_page_size,
    tlb_flush_mmu_free,
    tlb_flush_mmu_tlbonly,
)
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending

__all__ = ["zap_pte_range"]


@kernel(before=DELAYED_RMAP)
def zap_pte_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pmd: Ptr[pmd_t], addr: vaddr_t, end: vaddr_t
) -> vaddr_t:
    """Zap the entries of one table, up to `end` or until the gather is full.

    Kernel: mm/memory.c, v6.1
    Context: mmap_lock held; may sleep
    Deviates: the page's age and the mm's counters; stops for a full gather, not
        for need_resched(), and then the caller comes back, where the kernel starts again in here;
        since v5.2 the kernel asks for a flush once more, for which there is nothing left
    """
    force_flush = False
    pte = pte_offset_map_lock(pmd, addr)
    ptl = pte_lockptr(pte)
    flush_tlb_batched_pending(vma.vm_mm)
    while True:
        is_full = False
        ptent = ptep_get(pte)
        if pte_present(ptent):
            found = record(page, ptent.pfn)
            ptent = ptep_get_and_clear(pte)
            tlb_remove_tlb_entry(tlb, addr)
            if not PageAnon(found) and ptent.dirty:
                force_flush = True
                set_page_dirty(found)
            page_remove_rmap(found)
            is_full = __tlb_remove_page_size(tlb, found, False)
        elif CONFIG_SWAP and is_swap_pte(ptent):
            zap_nonpresent_ptes(pte, ptent)
        addr = addr + 1
        if is_full or addr == end:
            force_flush = force_flush or is_full
            break
        pte = pte + 1
    if force_flush:
        tlb_flush_mmu_tlbonly(tlb)
    pte_unmap_unlock(ptl)
    if force_flush:
        tlb_flush_mmu_free(tlb)
    return addr
