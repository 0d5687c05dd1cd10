# SPDX-License-Identifier: GPL-2.0-only
"""How pages come to the list of reclaim, and leave it for good: the second part of mm/swap.c."""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record
from shootdown.linux.bounds import RECLAIM
from shootdown.linux.include.linux.mm_inline import (
    __folio_clear_lru_flags,
    lruvec_add_folio,
    lruvec_del_folio,
)
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.mmzone import lruvec
from shootdown.linux.include.linux.page_flags import folio_set_lru
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.page_alloc import free_unref_page

__all__ = ["__folio_put", "folio_add_lru"]


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
