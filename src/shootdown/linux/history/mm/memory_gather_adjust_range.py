# SPDX-License-Identifier: GPL-2.0-only
"""Zap from v3.15 to v3.18: dirty pages are flushed under the page-table lock."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_SWAP, vaddr_t
from shootdown.lang import Ptr, Ref, has, kernel, record
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pmd_t,
    pte_lockptr,
    pte_present,
    pte_unmap_unlock,
    ptep_get,
    ptep_get_and_clear,
)
from shootdown.linux.features import GATHER_ADJUST_RANGE, ZAP_ADDR_ADVANCE
from shootdown.linux.history.mm.mmu_gather import __tlb_remove_page
from shootdown.linux.history.mm.page_writeback import set_page_dirty
from shootdown.linux.history.mm.rmap import PageAnon, page_remove_rmap
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_remove_tlb_entry
from shootdown.linux.include.linux.mm_types import page, vm_area_struct
from shootdown.linux.include.linux.swapops import is_swap_pte
from shootdown.linux.mm.memory import zap_nonpresent_ptes
from shootdown.linux.mm.mmu_gather import tlb_flush_mmu_free, tlb_flush_mmu_tlbonly
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock

__all__ = ["sd_flush_passed", "zap_pte_range"]


@kernel(before=GATHER_ADJUST_RANGE)
def zap_pte_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pmd: Ptr[pmd_t], addr: vaddr_t, end: vaddr_t
) -> vaddr_t:
    """Zap the entries of one table, up to `end` or until the gather is full.

    Kernel: mm/memory.c, v3.15, commit 1cf35d47712d
    Context: mmap_sem held for writing; may sleep
    Deviates: the page's age and the mm's counters; after a full gather the
        caller comes back, where the kernel starts again in here
    """
    force_flush = False
    pte = pte_offset_map_lock(pmd, addr)
    ptl = pte_lockptr(pte)
    while True:
        ptent = ptep_get(pte)
        if pte_present(ptent):
            found = record(page, ptent.pfn)
            ptent = ptep_get_and_clear(pte)
            tlb_remove_tlb_entry(tlb, addr)
            if not PageAnon(found) and ptent.dirty:
                force_flush = True
                set_page_dirty(found)
            page_remove_rmap(found)
            if __tlb_remove_page(tlb, found) == 0:
                force_flush = True
                if has(ZAP_ADDR_ADVANCE):
                    addr = addr + 1
                break
        elif CONFIG_SWAP and is_swap_pte(ptent):
            zap_nonpresent_ptes(pte, ptent)
        addr = addr + 1
        if addr == end:
            break
        pte = pte + 1
    if force_flush:
        sd_flush_passed(tlb, addr)
    pte_unmap_unlock(ptl)
    if force_flush:
        tlb_flush_mmu_free(tlb)
    return addr


@kernel
def sd_flush_passed(tlb: Ref[mmu_gather], addr: vaddr_t) -> None:
    """Flush what zap has passed.

    Kernel: none
    Context: ptl held
    Deviates: stands in zap_pte_range() in the kernel
    """
    old_end = tlb.end
    tlb.end = addr
    tlb_flush_mmu_tlbonly(tlb)
    tlb.start = addr
    tlb.end = old_end
