# SPDX-License-Identifier: GPL-2.0-only
"""The page cache: pages of files, found by their place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shootdown.hw.disk import hw_read_disk
from shootdown.hw.published import page_flags, page_origin
from shootdown.lang import NULL, Bool, Ref, atomic, index, kernel, record, this_task, wait_until
from shootdown.linux.bounds import NR_FILE_PAGES, READ_BACK, pgoff_t
from shootdown.linux.include.linux.mm_types import address_space, folio, vm_fault
from shootdown.linux.include.linux.pagemap import folio_lock, folio_put, folio_unlock
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.swap_lru import folio_add_lru

if TYPE_CHECKING:
    from shootdown.linux.mm.rmap import folio_mapped
from shootdown.linux.mm.page_writeback import (
    do_writepages,
    folio_mark_dirty,
    folio_wait_writeback,
)

__all__ = [
    "__filemap_get_folio",
    "filemap_add_folio",
    "filemap_create_folio",
    "filemap_fault",
    "filemap_page_mkwrite",
    "filemap_remove_folio",
    "filemap_write_and_wait_range",
]


@kernel
def __filemap_get_folio(mapping: Ref[address_space], pgoff: pgoff_t) -> Ref[folio]:
    """Find a cached page and take a reference to it.

    Kernel: mm/filemap.c, v6.18
    Context: any
    Deviates: finding and taking are one step, where the kernel looks again after taking; a page
        whose references are frozen is waited for, where it is tried again and again
    """
    with atomic():
        folio = mapping.i_pages[pgoff]
        if folio is not NULL:
            wait_until(folio._refcount > 0)
            folio._refcount = folio._refcount + 1
        return folio


@kernel
def filemap_add_folio(mapping: Ref[address_space], folio: Ref[folio], pgoff: pgoff_t) -> None:
    """Put a page into the cache, and let reclaim find it.

    Kernel: mm/filemap.c, v6.18
    Context: may sleep
    Deviates: done before anybody looks
    """
    __filemap_add_folio(mapping, folio, pgoff)
    folio_add_lru(folio)


@kernel
def __filemap_add_folio(mapping: Ref[address_space], folio: Ref[folio], pgoff: pgoff_t) -> None:
    """Put a page into the cache, which gets a reference.

    Kernel: mm/filemap.c, v6.18
    Context: any
    Deviates: the lock of the cache; that nobody else has put one there is what its caller knows
    """
    folio._refcount = folio._refcount + 1
    folio.mapping = mapping
    folio.index = pgoff
    mapping.i_pages[pgoff] = folio
    record(page_flags, index(folio)).cached = True
    sd_note_home(folio)


@kernel
def sd_note_home(folio: Ref[folio]) -> None:
    """Let monitors know which page of which file a frame has, also when it has left the cache.

    Kernel: none
    Context: folio in the page cache
    Deviates: nothing
    """
    if READ_BACK:
        home = index(folio.mapping) * NR_FILE_PAGES + folio.index
        record(page_origin, index(folio)).home = home + 1


@kernel
def filemap_create_folio(mapping: Ref[address_space], pgoff: pgoff_t) -> None:
    """Read a page of the file from the disk, unless somebody else does.

    Kernel: mm/filemap.c, v6.18 (page_cache_read before v5.1, and readahead)
    Context: may sleep
    Deviates: who sees the page before it is read waits for its lock, and need not ask whether it is
        up to date; the disk is as slow as this task
    """
    folio = alloc_page()
    if sd_add_locked(mapping, folio, pgoff):
        folio_add_lru(folio)
        hw_read_disk(index(folio))
        folio_unlock(folio)
    folio_put(folio)


@kernel
def sd_add_locked(mapping: Ref[address_space], folio: Ref[folio], pgoff: pgoff_t) -> Bool:
    """Put a page into the cache, locked, if none is there; tell whether it is.

    Kernel: none
    Context: any
    Deviates: stands for __filemap_add_folio() where others look: all of it is one step
    """
    with atomic():
        is_first = mapping.i_pages[pgoff] is NULL
        if is_first:
            folio.PG_locked = this_task() + 1
            __filemap_add_folio(mapping, folio, pgoff)
        return is_first


@kernel
def filemap_remove_folio(mapping: Ref[address_space], folio: Ref[folio]) -> None:
    """Take a page out of the cache, which gives its reference back.

    Kernel: mm/filemap.c, v6.18 (delete_from_page_cache before v5.17)
    Context: folio locked
    Deviates: the cache's lock, which finders do not take; a mapped page is reported and set right
    """
    assert not folio_mapped(folio)
    mapping.i_pages[folio.index] = NULL
    folio.mapping = NULL
    record(page_flags, index(folio)).cached = False
    folio_put(folio)


@kernel
def filemap_fault(vmf: Ref[vm_fault]) -> Bool:
    """Find the page of a fault, locked and with a reference; tell whether it is there.

    Kernel: mm/filemap.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: a page that has been read is found when the access is tried again, and without
        READ_BACK it is not read; waiting does not drop mmap_lock; behind the end of the file, the
        access is tried again and again, and not ended by SIGBUS
    """
    mapping = vmf.vma.vm_file
    pgoff: pgoff_t = vmf.vma.vm_pgoff + (vmf.address - vmf.vma.vm_start)
    if pgoff >= mapping.i_size:
        return False
    folio = __filemap_get_folio(mapping, pgoff)
    if folio is NULL:
        if READ_BACK:
            filemap_create_folio(mapping, pgoff)
        return False
    folio_lock(folio)
    if folio.mapping != mapping or pgoff >= mapping.i_size:
        folio_unlock(folio)
        folio_put(folio)
        return False
    vmf.page = folio
    return True


@kernel
def filemap_page_mkwrite(vmf: Ref[vm_fault]) -> Bool:
    """Prepare the page of a fault for being stored to: locked and dirty; tell whether it is.

    Kernel: mm/filemap.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the disk needs stable pages, so a page that is being written is waited for
    """
    folio = vmf.page
    folio_lock(folio)
    if folio.mapping != vmf.vma.vm_file:
        folio_unlock(folio)
        return False
    folio_mark_dirty(folio)
    folio_wait_writeback(folio)
    return True


@kernel
def filemap_write_and_wait_range(mapping: Ref[address_space]) -> None:
    """Write the dirty pages of a file and wait until all of its pages are written: fsync().

    Kernel: mm/filemap.c, v6.18
    Context: may sleep
    Deviates: the range is the whole file
    """
    do_writepages(mapping)
    __filemap_fdatawait_range(mapping)


@kernel
def __filemap_fdatawait_range(mapping: Ref[address_space]) -> None:
    """Wait until no page of the file is being written.

    Kernel: mm/filemap.c, v6.18
    Context: may sleep
    Deviates: looks at all pages, not at those that the cache has tagged as being written
    """
    for pgoff in range(NR_FILE_PAGES):
        folio = __filemap_get_folio(mapping, pgoff)
        if folio is not NULL:
            folio_wait_writeback(folio)
            folio_put(folio)
