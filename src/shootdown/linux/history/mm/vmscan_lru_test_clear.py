# SPDX-License-Identifier: GPL-2.0-only
"""How a page left its list before v5.11: all that matters is done under the list's lock."""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel, record
from shootdown.linux.features import LRU_TEST_CLEAR
from shootdown.linux.include.linux.mm_inline import lruvec_del_folio
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.mmzone import lruvec
from shootdown.linux.include.linux.page_flags import folio_test_lru
from shootdown.linux.include.linux.pagemap import folio_get, folio_try_get
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock

__all__ = ["folio_isolate_lru", "sd_isolate"]


@kernel(before=LRU_TEST_CLEAR)
def sd_isolate(folio: Ref[folio]) -> Bool:
    """Take a reference to a page of the list; tell whether it could be had.

    Kernel: none
    Context: lru_lock held
    Deviates: __isolate_lru_page(), v5.10
    """
    if not folio_test_lru(folio):
        return False
    if not folio_try_get(folio):
        return False
    folio.PG_lru = False
    return True


@kernel(before=LRU_TEST_CLEAR)
def folio_isolate_lru(folio: Ref[folio]) -> Bool:
    """Take a page off its list with a reference; tell whether it was there.

    Kernel: mm/vmscan.c, v5.10 (isolate_lru_page)
    Context: caller has a reference, or knows of one
    Deviates: nothing
    """
    is_taken = False
    if folio_test_lru(folio):
        lists = record(lruvec, 0)
        spin_lock(lists.lru_lock)
        if folio_test_lru(folio):
            folio_get(folio)
            folio.PG_lru = False
            lruvec_del_folio(lists, folio)
            is_taken = True
        spin_unlock(lists.lru_lock)
    return is_taken
