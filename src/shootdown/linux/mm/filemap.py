# SPDX-License-Identifier: GPL-2.0-only
"""The page cache: pages of files, found by their place in the file."""

from __future__ import annotations

from shootdown.hw.published import page_flags
from shootdown.lang import NULL, Bool, Ref, atomic, index, kernel, record
from shootdown.linux.bounds import pgoff_t
from shootdown.linux.include.linux.mm_types import address_space, folio, vm_fault
from shootdown.linux.include.linux.pagemap import folio_lock, folio_put, folio_unlock

__all__ = ["__filemap_get_folio", "filemap_add_folio", "filemap_fault"]


@kernel
def __filemap_get_folio(mapping: Ref[address_space], pgoff: pgoff_t) -> Ref[folio]:
    """Find a cached page and take a reference to it.

    Kernel: mm/filemap.c, v6.18
    Context: any
    Deviates: finding and taking are one step; nothing leaves the cache here
    """
    with atomic():
        folio = mapping.i_pages[pgoff]
        if folio is not NULL:
            folio._refcount = folio._refcount + 1
        return folio


@kernel
def filemap_add_folio(mapping: Ref[address_space], folio: Ref[folio], pgoff: pgoff_t) -> None:
    """Put a page into the cache, which gets a reference.

    Kernel: mm/filemap.c, v6.18
    Context: may sleep
    Deviates: done before anybody looks
    """
    folio.mapping = mapping
    folio.index = pgoff
    folio._refcount = folio._refcount + 1
    mapping.i_pages[pgoff] = folio
    record(page_flags, index(folio)).cached = True


@kernel
def filemap_fault(vmf: Ref[vm_fault]) -> Bool:
    """Find the page of a fault, locked and with a reference; tell whether it is there.

    Kernel: mm/filemap.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the page is in the cache and up to date; waiting does not drop mmap_lock
    """
    mapping = vmf.vma.vm_file
    pgoff: pgoff_t = vmf.vma.vm_pgoff + (vmf.address - vmf.vma.vm_start)
    folio = __filemap_get_folio(mapping, pgoff)
    if folio is NULL:
        return False
    folio_lock(folio)
    if folio.mapping != mapping:
        folio_unlock(folio)
        folio_put(folio)
        return False
    vmf.page = folio
    return True
