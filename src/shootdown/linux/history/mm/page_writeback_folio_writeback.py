# SPDX-License-Identifier: GPL-2.0-only
"""Writeback before v5.16: page by page."""

from __future__ import annotations

from shootdown.hw.disk import hw_write_disk
from shootdown.hw.published import page_flags
from shootdown.lang import NULL, Bool, Ref, index, kernel, record
from shootdown.linux.bounds import NR_FILE_PAGES, RECLAIM
from shootdown.linux.features import FOLIO_WRITEBACK
from shootdown.linux.history.mm.page_flags import PageDirty, PageWriteback, TestClearPageDirty
from shootdown.linux.history.mm.page_writeback import set_page_dirty
from shootdown.linux.history.mm.pagemap import lock_page, put_page, unlock_page
from shootdown.linux.history.mm.rmap import page_mkclean
from shootdown.linux.include.linux.mm_types import address_space, page, vm_fault
from shootdown.linux.mm.filemap import __filemap_get_folio
from shootdown.linux.mm.page_writeback import folio_wait_writeback
from shootdown.linux.mm.swap_lru import folio_rotate_reclaimable

__all__ = [
    "clear_page_dirty_for_io",
    "end_page_writeback",
    "fault_dirty_shared_page",
    "set_page_writeback",
    "write_cache_pages",
]


@kernel(before=FOLIO_WRITEBACK)
def write_cache_pages(mapping: Ref[address_space]) -> None:
    """Write each page of the file that is dirty.

    Kernel: mm/page-writeback.c, v3.15
    Context: may sleep
    Deviates: looks at all pages, not at those that the cache has tagged as dirty
    """
    for pgoff in range(NR_FILE_PAGES):
        page = __filemap_get_folio(mapping, pgoff)
        if page is not NULL:
            lock_page(page)
            if sd_prepare_writeback(mapping, page):
                sd_mpage_writepage(page)
            else:
                unlock_page(page)
            put_page(page)


@kernel
def sd_prepare_writeback(mapping: Ref[address_space], page: Ref[page]) -> Bool:
    """Clean the page if it still has to be written, and tell whether it has.

    Kernel: none
    Context: page locked; may sleep
    Deviates: stands in write_cache_pages() in the kernel
    """
    if page.mapping != mapping:
        return False
    if not PageDirty(page):
        return False
    if PageWriteback(page):
        folio_wait_writeback(page)
    return clear_page_dirty_for_io(page)


@kernel
def clear_page_dirty_for_io(page: Ref[page]) -> Bool:
    """Clean the page, in its mappings first; tell whether it was dirty.

    Kernel: mm/page-writeback.c, v3.15
    Context: page locked; may sleep
    Deviates: accounting; the file's dirty pages always count, so its mappings are cleaned
    """
    if page_mkclean(page):
        set_page_dirty(page)
    return TestClearPageDirty(page)


@kernel
def sd_mpage_writepage(page: Ref[page]) -> None:
    """Write the page.

    Kernel: none
    Context: page locked, unlocked on return; may sleep
    Deviates: stands for __mpage_writepage(); each page is a request of its own, and the task that
        submits sees the end of the IO
    """
    set_page_writeback(page)
    unlock_page(page)
    hw_write_disk(index(page))
    end_page_writeback(page)


@kernel
def set_page_writeback(page: Ref[page]) -> None:
    """Say that the page is being written.

    Kernel: mm/page-writeback.c, v3.15
    Context: page locked
    Deviates: accounting and tags
    """
    record(page_flags, index(page)).writeback = True


@kernel
def end_page_writeback(page: Ref[page]) -> None:
    """Say that the page is written.

    Kernel: mm/filemap.c, v3.15
    Context: any
    Deviates: accounting and tags
    """
    if RECLAIM and page.PG_reclaim:
        page.PG_reclaim = False
        folio_rotate_reclaimable(page)
    record(page_flags, index(page)).writeback = False


@kernel(before=FOLIO_WRITEBACK)
def fault_dirty_shared_page(vmf: Ref[vm_fault]) -> None:
    """Say that the page, which now is mapped writable, must be written; unlock it.

    Kernel: mm/memory.c, v4.10 (stood in its callers before)
    Context: page locked, unlocked on return; mmap_sem held
    Deviates: the file's times; the writer is not made to wait for writeback
    """
    set_page_dirty(vmf.page)
    unlock_page(vmf.page)
