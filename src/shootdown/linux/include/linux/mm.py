# SPDX-License-Identifier: GPL-2.0-only
"""Folios of several pages, which page belongs to which; and what a change of rights is for.

A large folio is so many page frames in a row. What the kernel keeps of it, it keeps in the first.
"""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import FOLIO_PAGES, folio_pages_t
from shootdown.hw.published import page_unit
from shootdown.lang import Ref, index, kernel, record, upto
from shootdown.linux.include.linux.mm_types import folio, page
from shootdown.linux.include.linux.page_flags import folio_test_large

__all__ = [
    "MM_CP_PROT_NUMA",
    "MM_CP_TRY_CHANGE_WRITABLE",
    "cp_flags_t",
    "folio_nr_pages",
    "page_folio",
]

MM_CP_TRY_CHANGE_WRITABLE = 1
"""Entries may become writable at once, where the next store would make them so."""

MM_CP_PROT_NUMA = 2
"""It is NUMA balancing that makes them inaccessible, and mmap_lock is held for reading only."""

cp_flags_t = Annotated[int, upto(3)]
"""A set of these."""


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
