# SPDX-License-Identifier: GPL-2.0-only
"""How pages come to the list of reclaim, and leave it for good: the second part of mm/swap.c."""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record
from shootdown.linux.bounds import RECLAIM
from shootdown.linux.include.linux.mm_inline import (
    __folio_clear_lru_flags,
    lruvec_add_folio,
    lruvec_add_folio_tail,
    lruvec_del_folio,
)
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.mmzone import lruvec
from shootdown.linux.include.linux.page_flags import (
    folio_set_lru,
    folio_test_clear_lru,
    folio_test_dirty,
    folio_test_lru,
)
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.page_alloc import free_unref_page

__all__ = ["__folio_put", "folio_add_lru", "folio_rotate_reclaimable", "lru_move_tail"]


@kernel
def folio_add_lru(folio: Ref[folio]) -> None:
    """Let reclaim find a page.

    Kernel: mm/swap.c, v6.18
    Context: caller has a reference
    Deviates: pages are not collected per CPU first, with a reference each, until the list gets
        them together or this CPU reclaims; without RECLAIM there is no list
    """
    if RECLAIM:
        lists = record(lruvec, 0)
        spin_lock(lists.lru_lock)
        lruvec_add_folio(lists, folio)
        folio_set_lru(folio)
        spin_unlock(lists.lru_lock)


@kernel
def folio_rotate_reclaimable(folio: Ref[folio]) -> None:
    """Let reclaim find a page next that it wanted to have written.

    Kernel: mm/swap.c, v6.18 (rotate_reclaimable_page for pages)
    Context: any; the page is under writeback
    Deviates: as folio_add_lru()
    """
    if folio.PG_locked != 0 or folio_test_dirty(folio) or not folio_test_lru(folio):
        return
    if not folio_test_clear_lru(folio):
        return
    lists = record(lruvec, 0)
    spin_lock(lists.lru_lock)
    lru_move_tail(lists, folio)
    folio_set_lru(folio)
    spin_unlock(lists.lru_lock)


@kernel
def lru_move_tail(lruvec: Ref[lruvec], folio: Ref[folio]) -> None:
    """Move a page to the tail of the list of inactive pages.

    Kernel: mm/swap.c, v6.18, commit c55e8d035b28
    Context: lru_lock held
    Deviates: before v4.11 an active page stays where it is
    """
    lruvec_del_folio(lruvec, folio)
    folio.PG_active = False
    lruvec_add_folio_tail(lruvec, folio)


@kernel
def __folio_put(folio: Ref[folio]) -> None:
    """Give a page back that nobody refers to.

    Kernel: mm/swap.c, v6.18
    Context: nobody refers to the page, which is on a list
    Deviates: one that is on no list does not come here
    """
    __page_cache_release(folio)
    free_unref_page(folio)


@kernel
def __page_cache_release(folio: Ref[folio]) -> None:
    """Take a page off its list that nobody refers to; reclaim may just look at it.

    Kernel: mm/swap.c, v6.18
    Context: nobody refers to the page, which is on a list
    Deviates: that it is on a list is what its caller asks
    """
    lists = record(lruvec, 0)
    spin_lock(lists.lru_lock)
    lruvec_del_folio(lists, folio)
    __folio_clear_lru_flags(folio)
    spin_unlock(lists.lru_lock)
