# SPDX-License-Identifier: GPL-2.0-only
"""Unmapping for reclaim before v6.15: one entry at a time."""

from __future__ import annotations

from shootdown.hw.bounds import folio_pages_t
from shootdown.lang import Ref, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t, ptep_get_and_clear
from shootdown.linux.features import LAZYFREE_BATCH
from shootdown.linux.include.linux.rmap import page_vma_mapped_walk_control, ttu_flags
from shootdown.linux.mm.pgtable_generic import ptep_clear_flush
from shootdown.linux.mm.rmap_batch import set_tlb_ubc_flush_pending, should_defer_flush

__all__ = ["folio_unmap_pte_batch", "sd_clear_entries"]


@kernel(before=LAZYFREE_BATCH)
def folio_unmap_pte_batch(pvmw: Ref[page_vma_mapped_walk_control]) -> folio_pages_t:
    """Return how many entries to take out together.

    Kernel: mm/rmap.c, v6.14 (in try_to_unmap_one())
    Context: ptl held
    Deviates: nothing
    """
    return 1


@kernel(before=LAZYFREE_BATCH)
def sd_clear_entries(
    pvmw: Ref[page_vma_mapped_walk_control], flags: ttu_flags, nr_pages: folio_pages_t
) -> pte_t:
    """Take an entry out, and flush it now or later.

    If it was clean, a CPU that still has it must look at the tables before it stores through it.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one(), v6.14
    """
    mm = pvmw.vma.vm_mm
    if should_defer_flush(mm, flags):
        pteval = ptep_get_and_clear(pvmw.pte)
        set_tlb_ubc_flush_pending(mm, pteval)
        return pteval
    return ptep_clear_flush(pvmw.vma, pvmw.address, pvmw.pte)
