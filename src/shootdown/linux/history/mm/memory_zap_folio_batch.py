# SPDX-License-Identifier: GPL-2.0-only
"""Zap from v6.2 to v6.8: page by page, and mapped in the eyes of writeback until the flush."""

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
from shootdown.linux.features import ZAP_FOLIO_BATCH
from shootdown.linux.history.mm.page_writeback import set_page_dirty
from shootdown.linux.history.mm.rmap import PageAnon, page_remove_rmap
from shootdown.linux.include.asm_generic.tlb import (
    mmu_gather,
    tlb_delay_rmap,
    tlb_remove_tlb_entry,
)
from shootdown.linux.include.linux.mm_types import page, vm_area_struct
from shootdown.linux.include.linux.swapops import is_swap_pte
from shootdown.linux.mm.memory import zap_nonpresent_ptes
from shootdown.linux.mm.mmu_gather import (
    __tlb_remove_page_size,
    tlb_flush_mmu,
    tlb_flush_mmu_tlbonly,
    tlb_flush_rmaps,
)
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending

__all__ = ["zap_pte_range"]


@kernel(before=ZAP_FOLIO_BATCH)
def zap_pte_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pmd: Ptr[pmd_t], addr: vaddr_t, end: vaddr_t
) -> vaddr_t:
    """Zap the entries of one table, up to `end` or until the gather is full.

    Kernel: mm/memory.c, v6.2, commit 5df397dec7c4
    Context: mmap_lock held; may sleep
    Deviates: the page's age and the mm's counters; stops for a full gather, not
        for need_resched(), and then the caller comes back, where the kernel starts again in here
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
            delay_rmap = False
            ptent = ptep_get_and_clear(pte)
            tlb_remove_tlb_entry(tlb, addr)
            if not PageAnon(found) and ptent.dirty:
                set_page_dirty(found)
                delay_rmap = tlb_delay_rmap(tlb)
                force_flush = force_flush or delay_rmap
            if not delay_rmap:
                page_remove_rmap(found)
            is_full = __tlb_remove_page_size(tlb, found, delay_rmap)
        elif CONFIG_SWAP and is_swap_pte(ptent):
            zap_nonpresent_ptes(pte, ptent)
        addr = addr + 1
        if is_full or addr == end:
            force_flush = force_flush or is_full
            break
        pte = pte + 1
    if force_flush:
        tlb_flush_mmu_tlbonly(tlb)
        tlb_flush_rmaps(tlb, vma)
    pte_unmap_unlock(ptl)
    if force_flush:
        tlb_flush_mmu(tlb)
    return addr
