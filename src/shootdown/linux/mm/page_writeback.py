# SPDX-License-Identifier: GPL-2.0-only
"""Dirty pages: how they become so, and how they are cleaned for being written."""

from __future__ import annotations

from shootdown.hw.published import page_flags
from shootdown.lang import NULL, Bool, Ref, atomic, index, kernel, record, sleep_until
from shootdown.linux.bounds import NR_FILE_PAGES
from shootdown.linux.fs.mpage import __mpage_writepage
from shootdown.linux.include.linux.mm_types import address_space, folio
from shootdown.linux.include.linux.page_flags import (
    folio_test_clear_dirty,
    folio_test_dirty,
    folio_test_set_dirty,
    folio_test_writeback,
)
from shootdown.linux.include.linux.pagemap import folio_lock, folio_put, folio_unlock
from shootdown.linux.include.linux.preempt import might_sleep
from shootdown.linux.mm.filemap import __filemap_get_folio
from shootdown.linux.mm.rmap import folio_mkclean

__all__ = [
    "do_writepages",
    "folio_clear_dirty_for_io",
    "folio_mark_dirty",
    "folio_prepare_writeback",
    "folio_wait_writeback",
    "write_cache_pages",
]


@kernel
def do_writepages(mapping: Ref[address_space]) -> None:
    """Write the dirty pages of a file, as fsync() and the flusher threads do.

    Kernel: mm/page-writeback.c, v6.18
    Context: may sleep
    Deviates: the file system is one that leaves all to mpage_writepages(); WB_SYNC_ALL
    """
    write_cache_pages(mapping)


@kernel
def write_cache_pages(mapping: Ref[address_space]) -> None:
    """Write each page of the file that is dirty.

    Kernel: mm/page-writeback.c, v6.12 (since then a loop of mpage_writepages itself)
    Context: may sleep
    Deviates: looks at all pages, not at those that the cache has tagged as dirty
    """
    for pgoff in range(NR_FILE_PAGES):
        folio = __filemap_get_folio(mapping, pgoff)
        if folio is not NULL:
            folio_lock(folio)
            if folio_prepare_writeback(mapping, folio):
                __mpage_writepage(folio)
            else:
                folio_unlock(folio)
            folio_put(folio)


@kernel
def folio_prepare_writeback(mapping: Ref[address_space], folio: Ref[folio]) -> Bool:
    """Clean the folio if it still has to be written, and tell whether it has.

    Kernel: mm/page-writeback.c, v6.18
    Context: folio locked; may sleep
    Deviates: nothing
    """
    if folio.mapping != mapping:
        return False
    if not folio_test_dirty(folio):
        return False
    if folio_test_writeback(folio):
        folio_wait_writeback(folio)
    return folio_clear_dirty_for_io(folio)


@kernel
def folio_clear_dirty_for_io(folio: Ref[folio]) -> Bool:
    """Clean the folio, in its mappings first; tell whether it was dirty.

    Kernel: mm/page-writeback.c, v6.18
    Context: folio locked; may sleep
    Deviates: accounting; the file's dirty pages always count, so its mappings are cleaned
    """
    if folio_mkclean(folio):
        folio_mark_dirty(folio)
    return folio_test_clear_dirty(folio)


@kernel
def folio_mark_dirty(folio: Ref[folio]) -> Bool:
    """Say that the folio must be written; tell whether that is news.

    Kernel: mm/page-writeback.c, v6.18
    Context: any; often under the ptl
    Deviates: the file's buffers, its tags and its inode are not told: writeback looks at all
        pages here
    """
    return not folio_test_set_dirty(folio)


@kernel
def folio_wait_writeback(folio: Ref[folio]) -> None:
    """Wait until the folio is not being written.

    Kernel: mm/page-writeback.c, v6.18
    Context: may sleep
    Deviates: nothing
    """
    might_sleep()
    with atomic():
        sleep_until(not record(page_flags, index(folio)).writeback)
