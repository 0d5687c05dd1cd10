# SPDX-License-Identifier: GPL-2.0-only
"""How a page left its list before v5.11: all that matters is done under the list's lock."""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel
from shootdown.linux.features import LRU_TEST_CLEAR
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.page_flags import folio_test_lru
from shootdown.linux.include.linux.pagemap import folio_try_get

__all__ = ["sd_isolate"]


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
