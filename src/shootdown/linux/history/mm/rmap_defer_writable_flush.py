# SPDX-License-Identifier: GPL-2.0-only
"""Unmapping for reclaim between two commits of v4.3: dirty pages are flushed at once."""

from __future__ import annotations

from shootdown.hw.bounds import folio_pages_t
from shootdown.lang import Ref, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t, ptep_get_and_clear
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_page
from shootdown.linux.features import DEFER_WRITABLE_FLUSH
from shootdown.linux.include.linux.rmap import page_vma_mapped_walk_control, ttu_flags
from shootdown.linux.mm.pgtable_generic import ptep_clear_flush
from shootdown.linux.mm.rmap_batch import set_tlb_ubc_flush_pending, should_defer_flush

__all__ = ["sd_clear_entries"]


@kernel(before=DEFER_WRITABLE_FLUSH)
def sd_clear_entries(
    pvmw: Ref[page_vma_mapped_walk_control], flags: ttu_flags, nr_pages: folio_pages_t
) -> pte_t:
    """Take an entry out, and flush it now if it was dirty.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one()
    """
    mm = pvmw.vma.vm_mm
    if not should_defer_flush(mm, flags):
        return ptep_clear_flush(pvmw.vma, pvmw.address, pvmw.pte)
    pteval = ptep_get_and_clear(pvmw.pte)
    if pteval.dirty:
        flush_tlb_page(pvmw.vma, pvmw.address)
    else:
        set_tlb_ubc_flush_pending(mm, pteval)
    return pteval
