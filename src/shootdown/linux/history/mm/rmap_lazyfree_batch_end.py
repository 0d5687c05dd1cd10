# SPDX-License-Identifier: GPL-2.0-only
"""Unmapping for reclaim in v6.15: all entries of a folio at once, wherever its table ends."""

from __future__ import annotations

from shootdown.hw.bounds import FOLIO_PAGES, folio_pages_t
from shootdown.lang import Bool, Ref, index, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import ptep_get
from shootdown.linux.features import LAZYFREE_BATCH_END
from shootdown.linux.include.linux.mm import folio_nr_pages
from shootdown.linux.include.linux.page_flags import folio_test_anon, folio_test_large
from shootdown.linux.include.linux.rmap import page_vma_mapped_walk_control
from shootdown.linux.mm.internal import folio_pte_batch_flags

__all__ = ["can_batch_unmap_folio_ptes", "folio_unmap_pte_batch"]


@kernel(before=LAZYFREE_BATCH_END)
def folio_unmap_pte_batch(pvmw: Ref[page_vma_mapped_walk_control]) -> folio_pages_t:
    """Return how many entries to take out together: all of a folio that may be dropped, or one.

    Kernel: mm/rmap.c, v6.15 (in try_to_unmap_one())
    Context: ptl held
    Deviates: nothing
    """
    folio = pvmw.folio
    if FOLIO_PAGES > 1 and folio_test_large(folio) and can_batch_unmap_folio_ptes(pvmw):
        return folio_nr_pages(folio)
    return 1


@kernel
def can_batch_unmap_folio_ptes(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Tell whether the entries that begin here map all of a folio that may be dropped.

    Kernel: mm/rmap.c, v6.15, commit 354dffd29575
    Context: ptl held
    Deviates: nothing
    """
    folio = pvmw.folio
    pte = ptep_get(pvmw.pte)
    if not folio_test_anon(folio) or not folio.sd_lazyfree or pte.pfn != index(folio):
        return False
    max_nr = folio_nr_pages(folio)
    return folio_pte_batch_flags(folio, pvmw.pte, pte, max_nr, False) == max_nr
