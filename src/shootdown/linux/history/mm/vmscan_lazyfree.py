# SPDX-License-Identifier: GPL-2.0-only
"""Reclaim before v4.12: a page of no file that is clean when it gets its slot is not needed."""

from __future__ import annotations

from shootdown.hw.bounds import folio_pages_t
from shootdown.hw.events import page_discarded
from shootdown.lang import Bool, Ref, atomic, has, index, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t
from shootdown.linux.features import LAZYFREE, MADV_FREE
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.page_flags import (
    folio_test_anon,
    folio_test_dirty,
    folio_test_swapcache,
)
from shootdown.linux.include.linux.rmap import page_vma_mapped_walk_control
from shootdown.linux.mm.page_writeback import folio_mark_dirty
from shootdown.linux.mm.rmap_unmap import sd_note_slot
from shootdown.linux.mm.swapfile import folio_alloc_swap

__all__ = ["sd_has_place", "sd_replace_entries"]


@kernel(before=LAZYFREE)
def sd_has_place(folio: Ref[folio]) -> Bool:
    """Tell whether the folio has a place on the disk; one of no file gets one if there is any left.

    Before v4.5, such a folio is dirty from then on. Since then, it is if its entry is.

    Kernel: none
    Context: folio locked; may sleep
    Deviates: a part of the loop of shrink_page_list(), v4.8; `sd_lazyfree` stands for TTU_LZFREE
    """
    if not folio_test_anon(folio):
        return True
    if folio_test_swapcache(folio):
        folio.sd_lazyfree = False
        return True
    if not folio_alloc_swap(folio):
        return False
    if has(MADV_FREE):
        folio.sd_lazyfree = True
    else:
        folio_mark_dirty(folio)
    return True


@kernel(before=LAZYFREE)
def sd_replace_entries(
    pvmw: Ref[page_vma_mapped_walk_control], pteval: pte_t, nr_pages: folio_pages_t
) -> Bool:
    """Note where a page of no file will be, or drop it if its owner does not need it.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one(), v4.8
    """
    if not folio_test_dirty(pvmw.folio) and pvmw.folio.sd_lazyfree:
        with atomic():
            page_discarded(index(pvmw.folio))
    else:
        sd_note_slot(pvmw)
    return True
