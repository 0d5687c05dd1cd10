# SPDX-License-Identifier: GPL-2.0-only
"""Folios of several pages: which page belongs to which, and how many there are.

A large folio is so many page frames in a row. What the kernel keeps of it, it keeps in the first.
"""

from __future__ import annotations

from shootdown.hw.bounds import FOLIO_PAGES, folio_pages_t
from shootdown.hw.published import page_unit
from shootdown.lang import Ref, index, kernel, record
from shootdown.linux.include.linux.mm_types import folio, page
from shootdown.linux.include.linux.page_flags import folio_test_large

__all__ = ["folio_nr_pages", "page_folio"]


@kernel
def folio_nr_pages(folio: Ref[folio]) -> folio_pages_t:
    """Return how many pages a folio has.

    Kernel: include/linux/mm.h, v6.18
    Context: the folio stays
    Deviates: one where FOLIO_PAGES is 1, even if the folio is marked as one of several
    """
    if FOLIO_PAGES > 1 and folio_test_large(folio):
        return FOLIO_PAGES
    return 1


@kernel
def page_folio(page: Ref[page]) -> Ref[folio]:
    """Return the folio that a page belongs to.

    Kernel: include/linux/page-flags.h, v6.18
    Context: the folio stays
    Deviates: nothing
    """
    if FOLIO_PAGES > 1:
        return record(folio, index(page) - record(page_unit, index(page)).rank)
    return page
