# SPDX-License-Identifier: GPL-2.0-only
"""The reverse map before folios."""

from __future__ import annotations

from shootdown.lang import NULL, Bool, Ref, kernel, local, replace
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pte_write,
    pte_wrprotect,
    ptep_get,
    set_pte_at,
)
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.include.linux.fs import i_mmap_lock_read, i_mmap_unlock_read
from shootdown.linux.include.linux.mm_types import page
from shootdown.linux.include.linux.rmap import (
    PVMW_SYNC,
    page_vma_mapped_walk_control,
    page_vma_mapped_walk_done,
)
from shootdown.linux.mm.page_vma_mapped import page_vma_mapped_walk
from shootdown.linux.mm.pgtable_generic import ptep_clear_flush
from shootdown.linux.mm.rmap import (
    folio_mapped,
    folio_remove_rmap_ptes,
    sd_look_in,
)

__all__ = [
    "PageAnon",
    "page_check_address",
    "page_mapped",
    "page_mkclean",
    "page_mkclean_one",
    "page_remove_rmap",
]


@kernel
def PageAnon(page: Ref[page]) -> Bool:
    """Tell whether the page is of no file.

    Kernel: include/linux/mm.h, v3.15
    Context: any
    Deviates: nothing
    """
    return page.mapping is NULL


@kernel
def page_mapped(page: Ref[page]) -> Bool:
    """Tell whether any entry maps the page, as far as its count says.

    Kernel: include/linux/mm.h, v3.15
    Context: any; the answer may be outdated
    Deviates: nothing
    """
    return folio_mapped(page)


@kernel
def page_remove_rmap(page: Ref[page]) -> None:
    """Count an entry that maps the page no more.

    Kernel: mm/rmap.c, v6.2
    Context: ptl held
    Deviates: statistics
    """
    folio_remove_rmap_ptes(page)


@kernel
def page_mkclean(page: Ref[page]) -> Bool:
    """Make all shared entries of the page clean and read-only; tell whether any was not.

    Kernel: mm/rmap.c, v3.15 (page_mkclean_file in v2.6.39, rmap_walk since v3.14)
    Context: page locked; may sleep
    Deviates: the tree of mappings is a list
    """
    if not page_mapped(page):
        return False
    mapping = page.mapping
    if mapping is NULL:
        return False
    cleaned = False
    i_mmap_lock_read(mapping)
    for i in range(NR_VMAS):
        walk = local(page_vma_mapped_walk_control)
        walk.flags = PVMW_SYNC
        if sd_look_in(walk, page, mapping.i_mmap[i]) and page_mkclean_one(walk):
            cleaned = True
    i_mmap_unlock_read(mapping)
    return cleaned


@kernel
def page_mkclean_one(walk: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Make the entry clean and read-only if it is not; tell whether it was not.

    Kernel: mm/rmap.c, v3.15
    Context: the lock of the file's mappings held
    Deviates: no notifiers
    """
    cleaned = False
    if page_check_address(walk):
        entry = ptep_get(walk.pte)
        if entry.dirty or pte_write(entry):
            entry = ptep_clear_flush(walk.vma, walk.address, walk.pte)
            set_pte_at(walk.pte, replace(pte_wrprotect(entry), dirty=False))
            cleaned = True
        page_vma_mapped_walk_done(walk)
    return cleaned


@kernel
def page_check_address(walk: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Find the entry that maps the page, and leave its table locked.

    Kernel: mm/rmap.c, v3.15 (sync = 1: the table is locked before the entry is looked at)
    Context: the lock of the file's mappings held
    Deviates: the result is a record, as since v4.11
    """
    return page_vma_mapped_walk(walk)
