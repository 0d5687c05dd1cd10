# SPDX-License-Identifier: GPL-2.0-only
"""Pages that nobody needs: the end of their way through the gather, and those of MADV_FREE."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_SWAP, CONFIG_TRANSPARENT_HUGEPAGE
from shootdown.lang import Ref, has, kernel, record
from shootdown.linux.bounds import RECLAIM
from shootdown.linux.features import HUGE_ZERO_MM, LAZYFREE
from shootdown.linux.include.linux.mm_inline import lruvec_add_folio, lruvec_del_folio
from shootdown.linux.include.linux.mm_types import folio, page
from shootdown.linux.include.linux.mmzone import lruvec
from shootdown.linux.include.linux.page_flags import (
    folio_set_lru,
    folio_test_clear_lru,
    folio_test_lru,
    folio_test_swapcache,
)
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.huge_memory_zero import is_huge_zero_folio, put_huge_zero_folio
from shootdown.linux.mm.swap_state import free_swap_cache

__all__ = ["folio_mark_lazyfree", "free_pages_and_swap_cache", "lru_lazyfree", "sd_move_lazyfree"]


@kernel
def free_pages_and_swap_cache(page: Ref[page]) -> None:
    """Give back the reference that the unmapped entry had, and the slot if it was the last.

    Kernel: mm/swap_state.c, v6.18
    Context: no spinlock held
    Deviates: takes one page and not an array
    """
    if CONFIG_TRANSPARENT_HUGEPAGE and not has(HUGE_ZERO_MM):
        if is_huge_zero_folio(page):
            put_huge_zero_folio()
            return
    if CONFIG_SWAP:
        free_swap_cache(page)
    folio_put(page)


@kernel
def folio_mark_lazyfree(folio: Ref[folio]) -> None:
    """Let reclaim drop the folio, as long as nobody stores to it.

    One that reclaim has at hand is left alone, and so is one that has a place on the disk.

    Kernel: mm/swap.c, v6.18, commit 802a3a92ad7a
    Context: ptl held
    Deviates: at once, where each CPU collects such folios for a while, with a reference each; no
        folio is kept from reclaim; before v4.12 the folio only becomes older, which an active one
        does not here, and that it is clean says the rest
    """
    if not has(LAZYFREE):
        return
    if not RECLAIM:
        folio.sd_lazyfree = True
    elif folio_test_lru(folio) and not folio_test_swapcache(folio):
        sd_move_lazyfree(folio)


@kernel
def sd_move_lazyfree(folio: Ref[folio]) -> None:
    """Move a folio on its list that nobody needs, unless somebody has just taken it off.

    Kernel: none
    Context: ptl held
    Deviates: stands for folio_batch_move_lru() with lru_lazyfree()
    """
    if not folio_test_clear_lru(folio):
        return
    lists = record(lruvec, 0)
    spin_lock(lists.lru_lock)
    lru_lazyfree(lists, folio)
    folio_set_lru(folio)
    spin_unlock(lists.lru_lock)


@kernel
def lru_lazyfree(lruvec: Ref[lruvec], folio: Ref[folio]) -> None:
    """Put a folio where reclaim begins, which may drop it from now on.

    Kernel: mm/swap.c, v6.18 (lru_lazyfree_fn before v6.13)
    Context: lru_lock held
    Deviates: no second look at what the caller has just seen
    """
    lruvec_del_folio(lruvec, folio)
    folio.PG_active = False
    folio.PG_referenced = False
    folio.sd_lazyfree = True
    lruvec_add_folio(lruvec, folio)
