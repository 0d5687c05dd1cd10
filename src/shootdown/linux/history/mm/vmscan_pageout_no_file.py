# SPDX-License-Identifier: GPL-2.0-only
"""Reclaim before v6.16: it writes pages of files, too."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_SWAP
from shootdown.lang import NULL, Ref, has, kernel
from shootdown.linux.features import FOLIO_WRITEBACK, PAGEOUT_NO_FILE
from shootdown.linux.fs.mpage import __mpage_writepage
from shootdown.linux.history.mm.page_writeback_folio_writeback import (
    clear_page_dirty_for_io,
    sd_mpage_writepage,
)
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.page_flags import folio_test_swapcache, folio_test_writeback
from shootdown.linux.mm.page_writeback import folio_clear_dirty_for_io
from shootdown.linux.mm.vmscan import is_page_cache_freeable, pageout_t
from shootdown.linux.mm.vmscan_swap import sd_swap_out_folio

__all__ = ["pageout"]


@kernel(before=PAGEOUT_NO_FILE)
def pageout(folio: Ref[folio]) -> pageout_t:
    """Write a dirty page, and tell how that went.

    Kernel: mm/vmscan.c, v6.12
    Context: folio locked, unlocked if it is written; may sleep
    Deviates: the file system has a writepage(), which many lost before; the page is written by the
        time that it returns
    """
    if not is_page_cache_freeable(folio):
        return pageout_t.PAGE_KEEP
    if CONFIG_SWAP and folio_test_swapcache(folio):
        sd_swap_out_folio(folio)
        return pageout_t.PAGE_SUCCESS
    if folio.mapping is NULL:
        return pageout_t.PAGE_KEEP
    if has(FOLIO_WRITEBACK):
        is_dirty = folio_clear_dirty_for_io(folio)
    else:
        is_dirty = clear_page_dirty_for_io(folio)
    if not is_dirty:
        return pageout_t.PAGE_CLEAN
    folio.PG_reclaim = True
    if has(FOLIO_WRITEBACK):
        __mpage_writepage(folio)
    else:
        sd_mpage_writepage(folio)
    if not folio_test_writeback(folio):
        folio.PG_reclaim = False
    return pageout_t.PAGE_SUCCESS
