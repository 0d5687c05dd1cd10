# SPDX-License-Identifier: GPL-2.0-only
"""How a page was moved on its list before v5.11: it is asked for under the list's lock."""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record
from shootdown.linux.features import LRU_TEST_CLEAR
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.mmzone import lruvec
from shootdown.linux.include.linux.page_flags import folio_test_dirty, folio_test_lru
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.swap import lru_lazyfree
from shootdown.linux.mm.swap_lru import lru_move_tail

__all__ = ["folio_rotate_reclaimable", "sd_move_lazyfree"]


@kernel(before=LRU_TEST_CLEAR)
def folio_rotate_reclaimable(folio: Ref[folio]) -> None:
    """Let reclaim find a page next that it wanted to have written.

    Kernel: mm/swap.c, v5.10 (rotate_reclaimable_page, pagevec_move_tail_fn)
    Context: any; the page is under writeback
    Deviates: as folio_add_lru()
    """
    if folio.PG_locked != 0 or folio_test_dirty(folio) or not folio_test_lru(folio):
        return
    lists = record(lruvec, 0)
    spin_lock(lists.lru_lock)
    if folio_test_lru(folio):
        lru_move_tail(lists, folio)
    spin_unlock(lists.lru_lock)


@kernel(before=LRU_TEST_CLEAR)
def sd_move_lazyfree(folio: Ref[folio]) -> None:
    """Move a page on its list that nobody needs, unless somebody has just taken it off.

    Kernel: none
    Context: ptl held
    Deviates: stands for pagevec_lru_move_fn() with lru_lazyfree_fn(), v5.10
    """
    lists = record(lruvec, 0)
    spin_lock(lists.lru_lock)
    if folio_test_lru(folio):
        lru_lazyfree(lists, folio)
    spin_unlock(lists.lru_lock)
