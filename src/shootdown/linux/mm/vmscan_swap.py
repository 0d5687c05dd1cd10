# SPDX-License-Identifier: GPL-2.0-only
"""Reclaim of pages of no file, the second part of mm/vmscan.c: they go to the swap area."""

from __future__ import annotations

from shootdown.hw.events import page_evicted
from shootdown.hw.published import page_place
from shootdown.lang import Bool, Ref, atomic, index, kernel, record
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.page_flags import (
    folio_test_anon,
    folio_test_clear_dirty,
    folio_test_dirty,
    folio_test_swapcache,
    folio_test_writeback,
)
from shootdown.linux.include.linux.pagemap import folio_ref_freeze, folio_ref_unfreeze
from shootdown.linux.mm.page_io import swap_writeout
from shootdown.linux.mm.page_writeback import folio_mark_dirty
from shootdown.linux.mm.swap_state import __swap_cache_del_folio
from shootdown.linux.mm.swapfile import folio_alloc_swap, put_swap_folio

__all__ = ["sd_has_place", "sd_remove_swapped", "sd_swap_out_folio"]


@kernel
def sd_has_place(folio: Ref[folio]) -> Bool:
    """Tell whether the folio has a place on the disk; one of no file gets one if there is any left.

    Such a folio is dirty from then on: the slot has not what it holds. One whose contents nobody
    needs takes no place.

    Kernel: none
    Context: folio locked; may sleep
    Deviates: a part of the loop of shrink_folio_list()
    """
    if not folio_test_anon(folio) or folio_test_swapcache(folio) or folio.sd_lazyfree:
        return True
    if not folio_alloc_swap(folio):
        return False
    folio_mark_dirty(folio)
    return True


@kernel
def sd_swap_out_folio(folio: Ref[folio]) -> None:
    """Write a dirty page to its slot.

    Kernel: none
    Context: folio locked, unlocked on return; may sleep
    Deviates: a part of pageout(); its caller has found the page dirty, which only it could change
    """
    folio_test_clear_dirty(folio)
    folio.PG_reclaim = True
    swap_writeout(folio)
    if not folio_test_writeback(folio):
        folio.PG_reclaim = False


@kernel
def sd_remove_swapped(folio: Ref[folio]) -> Bool:
    """Take a page out of the swap cache if nobody refers to it and it is clean.

    Kernel: none
    Context: folio locked
    Deviates: the part of __remove_mapping() for the swap cache, whose lock is left out
    """
    if not folio_ref_freeze(folio, 2):
        return False
    if folio_test_dirty(folio):
        folio_ref_unfreeze(folio, 2)
        return False
    entry = record(page_place, index(folio)).swap
    with atomic():
        page_evicted(index(folio))
        __swap_cache_del_folio(folio, entry)
    put_swap_folio(entry)
    return True
