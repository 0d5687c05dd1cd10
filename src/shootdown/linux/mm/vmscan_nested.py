# SPDX-License-Identifier: GPL-2.0-only
"""Reclaim within reclaim, the third part of mm/vmscan.c: copies of what would call itself."""

from __future__ import annotations

from shootdown.lang import Ref, has, kernel, local, record
from shootdown.linux.bounds import SWAP_CLUSTER_MAX
from shootdown.linux.features import UNMAP_BATCH, UNMAP_BATCH_KEPT
from shootdown.linux.history.mm.vmscan_unmap_batch_kept import init_tlb_ubc
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.mmzone import lruvec, sd_folio_list
from shootdown.linux.include.linux.page_flags import folio_test_dirty, folio_test_writeback
from shootdown.linux.include.linux.pagemap import folio_trylock, folio_unlock
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.rmap_batch import try_to_unmap_flush
from shootdown.linux.mm.vmscan import (
    folio_check_references,
    sd_fate,
    sd_free_later,
    sd_free_list,
    sd_list_splice,
    sd_remove_from_cache,
    sd_unmap_folio,
)
from shootdown.linux.mm.vmscan_lru import isolate_lru_folios, move_folios_to_lru, sd_list_add

__all__ = ["sd_reclaim_within"]


@kernel
def sd_reclaim_within() -> None:
    """Free some pages for a task that needs one while it reclaims.

    Kernel: none
    Context: may sleep
    Deviates: try_to_free_pages() and shrink_lruvec(), and in v4.3 init_tlb_ubc()
    """
    if has(UNMAP_BATCH) and not has(UNMAP_BATCH_KEPT):
        init_tlb_ubc()
    found = local(sd_folio_list)
    lists = record(lruvec, 0)
    spin_lock(lists.lru_lock)
    isolate_lru_folios(SWAP_CLUSTER_MAX, lists, found)
    spin_unlock(lists.lru_lock)
    if found.nr > 0:
        sd_shrink_within(found)
        spin_lock(lists.lru_lock)
        move_folios_to_lru(lists, found)
        spin_unlock(lists.lru_lock)
        sd_free_list(found)


@kernel
def sd_shrink_within(folio_list: Ref[sd_folio_list]) -> None:
    """Free the clean pages of a list, and leave the others in it.

    Kernel: none
    Context: may sleep
    Deviates: shrink_folio_list() with GFP_NOIO: nothing is written
    """
    freed = local(sd_folio_list)
    kept = local(sd_folio_list)
    for i in range(folio_list.nr):
        folio = folio_list.folios[i]
        fate = sd_shrink_folio_within(folio)
        if fate == sd_fate.FREE_IT:
            sd_free_later(freed, folio)
        else:
            if fate != sd_fate.KEEP:
                folio_unlock(folio)
            sd_list_add(kept, folio)
    if has(UNMAP_BATCH):
        try_to_unmap_flush()
    sd_free_list(freed)
    sd_list_splice(kept, folio_list)


@kernel
def sd_shrink_folio_within(folio: Ref[folio]) -> sd_fate:
    """Unmap a page and take it out of its cache if it is clean; or say what hinders.

    Kernel: none
    Context: may sleep
    Deviates: sd_shrink_folio() with GFP_NOIO; a page that is to be activated is only kept
    """
    if not folio_trylock(folio):
        return sd_fate.KEEP
    if folio_test_writeback(folio):
        return sd_fate.KEEP_LOCKED
    fate = sd_unmap_folio(folio, folio_check_references(folio))
    if fate != sd_fate.FREE_IT:
        return fate
    if folio_test_dirty(folio) or not sd_remove_from_cache(folio):
        return sd_fate.KEEP_LOCKED
    folio_unlock(folio)
    return sd_fate.FREE_IT
