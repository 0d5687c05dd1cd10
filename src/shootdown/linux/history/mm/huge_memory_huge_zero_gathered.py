# SPDX-License-Identifier: GPL-2.0-only
"""Zap of huge pages before v4.6: the huge zero page is given back before the flush."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Bool, Ptr, Ref, kernel, record
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pmd_lock,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pmdp_huge_get_and_clear,
)
from shootdown.linux.features import HUGE_ZERO_GATHERED
from shootdown.linux.history.mm.rmap import page_remove_rmap
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_remove_pmd_tlb_entry
from shootdown.linux.include.linux.mm_types import page
from shootdown.linux.include.linux.spinlock import spin_unlock
from shootdown.linux.mm.huge_memory_zero import is_huge_zero_pmd, put_huge_zero_folio
from shootdown.linux.mm.mmu_gather import tlb_remove_page_size

__all__ = ["zap_huge_pmd"]


@kernel(before=HUGE_ZERO_GATHERED)
def zap_huge_pmd(tlb: Ref[mmu_gather], pmd: Ptr[pmd_t], addr: vaddr_t) -> Bool:
    """Take out an entry that maps a huge page, and queue the page; tell whether it was one.

    Kernel: mm/huge_memory.c, v4.5 (v3.8; before that, there is no huge zero page)
    Context: mmap_sem held; may sleep
    Deviates: anonymous memory only; counters; waits for no split (before v4.5)
    """
    ptl = pmd_lock(tlb.mm)
    if not pmd_trans_huge(pmdp_get(pmd)):
        spin_unlock(ptl)
        return False
    orig_pmd = pmdp_huge_get_and_clear(pmd)
    tlb_remove_pmd_tlb_entry(tlb, addr)
    if is_huge_zero_pmd(orig_pmd):
        spin_unlock(ptl)
        put_huge_zero_folio()
    else:
        found = record(page, orig_pmd.pfn)
        page_remove_rmap(found)
        spin_unlock(ptl)
        tlb_remove_page_size(tlb, found)
    return True
