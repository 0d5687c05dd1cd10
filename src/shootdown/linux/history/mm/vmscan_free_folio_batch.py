# SPDX-License-Identifier: GPL-2.0-only
"""How reclaim freed pages before v6.9: all at the end, but for those of large folios."""

from __future__ import annotations

from shootdown.lang import Ref, kernel
from shootdown.linux.features import FREE_FOLIO_BATCH
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.mmzone import sd_folio_list
from shootdown.linux.mm.page_alloc import free_unref_page
from shootdown.linux.mm.vmscan_lru import sd_list_add

__all__ = ["destroy_large_folio", "sd_free_later"]


@kernel(before=FREE_FOLIO_BATCH)
def sd_free_later(free_folios: Ref[sd_folio_list], folio: Ref[folio]) -> None:
    """Note a page that is to be freed when all are flushed; free a large folio now.

    Kernel: none
    Context: may sleep
    Deviates: a part of the loop of shrink_folio_list()
    """
    if folio.PG_head:
        destroy_large_folio(folio)
    else:
        sd_list_add(free_folios, folio)


@kernel
def destroy_large_folio(folio: Ref[folio]) -> None:
    """Free all pages of a folio.

    Kernel: include/linux/mm.h, v6.1
    Context: nobody refers to the folio
    Deviates: the folio is one page
    """
    free_unref_page(folio)
