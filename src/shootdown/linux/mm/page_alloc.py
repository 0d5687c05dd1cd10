# SPDX-License-Identifier: GPL-2.0-only
"""Pages and page tables come from here and go back here."""

from __future__ import annotations

from shootdown.hw.allocation import hw_alloc_frame, hw_alloc_table, hw_free_frame, hw_free_table
from shootdown.hw.bounds import CONFIG_SWAP, FOLIO_PAGES, frame_or_none, level_t, table_nr
from shootdown.hw.published import page_flags, page_origin, page_unit
from shootdown.lang import NULL, Ref, atomic, choose, index, kernel, record, wait_until
from shootdown.linux.bounds import READ_BACK, RECLAIM
from shootdown.linux.include.linux.mm_types import page

__all__ = ["__get_free_page", "alloc_page", "free_unref_page", "pagetable_alloc", "pagetable_free"]


@kernel
def alloc_page() -> Ref[page]:
    """Take a page of memory, zeroed.

    Kernel: mm/page_alloc.c, v6.18
    Context: may sleep
    Deviates: there always is one
    """
    with atomic():
        pfn = hw_alloc_frame()
        assert pfn >= 0
        new = record(page, pfn)
        if RECLAIM:
            assert not new.PG_lru
    new._refcount = 1
    new._mapcount = -1
    return new


@kernel
def __get_free_page() -> Ref[page]:
    """Take a page of memory, or return NULL: it is wanted now (GFP_NOWAIT).

    Kernel: mm/page_alloc.c, v6.18
    Context: any
    Deviates: may fail with pages left
    """
    with atomic():
        refused = choose(2)
        pfn: frame_or_none = -1
        if refused == 0:
            pfn = hw_alloc_frame()
            wait_until(pfn >= 0)
    found: Ref[page] = NULL
    if pfn >= 0:
        found = record(page, pfn)
        found._mapcount = -1
    return found


@kernel
def free_unref_page(page: Ref[page]) -> None:
    """Give a page back that nobody refers to.

    Kernel: mm/page_alloc.c, v6.18
    Context: any
    Deviates: per-CPU lists and zones; a page that still counts as mapped is not leaked but reported
    """
    if FOLIO_PAGES > 1 and page.PG_head:
        sd_free_tail(page)
    with atomic():
        assert page._mapcount == -1
        assert not (RECLAIM and page.PG_lru)
        page.sd_lazyfree = False
        page.PG_head = False
        page.PG_active = False
        page.PG_referenced = False
        page.PG_reclaim = False
        if CONFIG_SWAP:
            page.anon_vma = NULL
            page.index = 0
            record(page_flags, index(page)).dirty = False
        if CONFIG_SWAP or READ_BACK:
            record(page_origin, index(page)).home = 0
    hw_free_frame(index(page))


@kernel
def sd_free_tail(head: Ref[page]) -> None:
    """Give the pages of a large folio back that come after its first.

    Kernel: none
    Context: any
    Deviates: stands for free_tail_page_prepare() with the rest of free_unref_page(); the frames are
        free for others one after the other
    """
    for i in range(1, FOLIO_PAGES):
        record(page_unit, index(head) + i).rank = 0
        hw_free_frame(index(head) + i)


@kernel
def pagetable_alloc(level: level_t) -> table_nr:
    """Take a page for a page table.

    Kernel: include/linux/mm.h, v6.18
    Context: may sleep
    Deviates: there always is one
    """
    number = hw_alloc_table(level)
    assert number >= 0
    return number


@kernel
def pagetable_free(table: table_nr) -> None:
    """Give the page of a page table back.

    Kernel: include/linux/mm.h, v6.18
    Context: any
    Deviates: nothing
    """
    hw_free_table(table)
