# SPDX-License-Identifier: GPL-2.0-only
"""Files get shorter: pages leave their mappings, then the page cache."""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel
from shootdown.linux.bounds import NR_FILE_PAGES, file_size_t
from shootdown.linux.include.linux.mm_types import address_space, folio
from shootdown.linux.include.linux.page_flags import folio_test_clear_dirty, folio_test_dirty
from shootdown.linux.include.linux.pagemap import folio_lock, folio_put, folio_unlock
from shootdown.linux.mm.filemap import __filemap_get_folio, filemap_remove_folio
from shootdown.linux.mm.memory_zap import unmap_mapping_folio, unmap_mapping_range
from shootdown.linux.mm.page_writeback import folio_wait_writeback
from shootdown.linux.mm.rmap import folio_mapped

__all__ = [
    "truncate_cleanup_folio",
    "truncate_inode_folio",
    "truncate_inode_pages",
    "truncate_pagecache",
    "truncate_setsize",
]


@kernel
def truncate_setsize(inode: Ref[address_space], newsize: file_size_t) -> None:
    """Make a file shorter.

    Kernel: mm/truncate.c, v6.18
    Context: may sleep
    Deviates: the inode is its pages; the lock of the inode, which faults do not take
    """
    inode.i_size = newsize
    truncate_pagecache(inode, newsize)


@kernel
def truncate_pagecache(inode: Ref[address_space], newsize: file_size_t) -> None:
    """Take the pages behind the end of a file out of its mappings and out of the page cache.

    Private copies are not in the cache: a fault that has found its page there may bring one in
    until the page has left it, so the mappings are gone through once more.

    Kernel: mm/truncate.c, v6.18
    Context: may sleep
    Deviates: nothing
    """
    unmap_mapping_range(inode, newsize)
    truncate_inode_pages(inode, newsize)
    unmap_mapping_range(inode, newsize)


@kernel
def truncate_inode_pages(mapping: Ref[address_space], lstart: file_size_t) -> None:
    """Take pages out of the page cache.

    Kernel: mm/truncate.c, v6.18
    Context: may sleep
    Deviates: one pass, which waits for locks, where the kernel has one before that does not wait
    """
    for pgoff in range(NR_FILE_PAGES):
        if pgoff >= lstart:
            folio = __filemap_get_folio(mapping, pgoff)
            if folio is not NULL:
                folio_lock(folio)
                folio_wait_writeback(folio)
                truncate_inode_folio(mapping, folio)
                folio_unlock(folio)
                folio_put(folio)


@kernel
def truncate_inode_folio(mapping: Ref[address_space], folio: Ref[folio]) -> None:
    """Take a page out of the page cache.

    Kernel: mm/truncate.c, v6.18 (truncate_inode_page before v5.17)
    Context: folio locked; may sleep
    Deviates: nothing
    """
    if folio.mapping != mapping:
        return
    truncate_cleanup_folio(folio)
    filemap_remove_folio(mapping, folio)


@kernel
def truncate_cleanup_folio(folio: Ref[folio]) -> None:
    """Take a page out of mappings that faults have put it in, and let nobody write it back.

    Kernel: mm/truncate.c, v6.18 (stood in truncate_inode_page before)
    Context: folio locked; may sleep
    Deviates: the file system's own data of the page
    """
    if folio_mapped(folio):
        unmap_mapping_folio(folio)
    if folio_test_dirty(folio):
        folio_test_clear_dirty(folio)
