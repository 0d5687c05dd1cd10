# SPDX-License-Identifier: GPL-2.0-only
"""The reverse map: how often a page is mapped, where, and the cleaning of all these entries."""

from __future__ import annotations

from shootdown.hw.bounds import FOLIO_PAGES, folio_pages_t, vaddr_t
from shootdown.lang import NULL, Bool, Ref, atomic, kernel, local, replace
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pte_write,
    pte_wrprotect,
    ptep_get,
    set_pte_at,
)
from shootdown.linux.bounds import NR_VMAS, pgoff_t
from shootdown.linux.include.linux.fs import i_mmap_lock_read, i_mmap_unlock_read
from shootdown.linux.include.linux.mm import folio_nr_pages
from shootdown.linux.include.linux.mm_types import address_space, folio, vm_area_struct
from shootdown.linux.include.linux.rmap import (
    PVMW_SYNC,
    page_vma_mapped_walk_control,
    page_vma_mapped_walk_done,
)
from shootdown.linux.mm.page_vma_mapped import page_vma_mapped_walk
from shootdown.linux.mm.pgtable_generic import ptep_clear_flush

__all__ = [
    "folio_add_rmap_pte",
    "folio_mapped",
    "folio_mkclean",
    "folio_remove_rmap_ptes",
    "page_vma_mkclean_one",
    "rmap_walk_file",
    "sd_look_in",
    "vma_address",
    "vma_maps_page",
]


@kernel
def folio_mapped(folio: Ref[folio]) -> Bool:
    """Tell whether any entry maps the folio, as far as its count says.

    Kernel: include/linux/mm.h, v6.18
    Context: any; the answer may be outdated
    Deviates: nothing
    """
    return folio._mapcount >= 0


@kernel
def folio_add_rmap_pte(folio: Ref[folio]) -> None:
    """Count an entry that is about to map the folio.

    Kernel: mm/rmap.c, v6.18 (folio_add_file_rmap_ptes, folio_add_new_anon_rmap)
    Context: ptl held
    Deviates: statistics; no anon_vma, so anonymous pages are not found from their mappings
    """
    with atomic():
        folio._mapcount = folio._mapcount + 1


@kernel
def folio_remove_rmap_ptes(folio: Ref[folio]) -> None:
    """Count an entry that maps the folio no more.

    Kernel: mm/rmap.c, v6.18
    Context: ptl held
    Deviates: statistics; one entry at a time
    """
    with atomic():
        folio._mapcount = folio._mapcount - 1


@kernel
def folio_mkclean(folio: Ref[folio]) -> Bool:
    """Make all shared entries of the folio clean and read-only; tell whether any was not.

    Kernel: mm/rmap.c, v6.18
    Context: folio locked; may sleep
    Deviates: private mappings are walked, too, whose copies are not found here
    """
    if not folio_mapped(folio):
        return False
    mapping = folio.mapping
    if mapping is NULL:
        return False
    return rmap_walk_file(folio, mapping)


@kernel
def rmap_walk_file(folio: Ref[folio], mapping: Ref[address_space]) -> Bool:
    """Clean the folio in one mapping of its file after the other.

    Kernel: mm/rmap.c, v6.18
    Context: folio locked; may sleep
    Deviates: the walk for page_mkclean_one() only; the tree of mappings is a list; does not look
        after each mapping whether others want the CPU
    """
    cleaned = False
    i_mmap_lock_read(mapping)
    for i in range(NR_VMAS):
        pvmw = local(page_vma_mapped_walk_control)
        pvmw.flags = PVMW_SYNC
        if sd_look_in(pvmw, folio, mapping.i_mmap[i]) and page_vma_mkclean_one(pvmw):
            cleaned = True
    i_mmap_unlock_read(mapping)
    return cleaned


@kernel
def sd_look_in(
    pvmw: Ref[page_vma_mapped_walk_control], folio: Ref[folio], vma: Ref[vm_area_struct]
) -> Bool:
    """Tell whether a mapping has the folio's place in its file, and begin to look there.

    Kernel: none
    Context: the lock of the file's mappings held
    Deviates: stands for DEFINE_FOLIO_VMA_WALK() in what vma_interval_tree_foreach() finds
    """
    if vma is NULL or not vma_maps_page(vma, folio.index, folio_nr_pages(folio)):
        return False
    pvmw.folio = folio
    pvmw.vma = vma
    pvmw.address = vma_address(vma, folio.index)
    return True


@kernel
def page_vma_mkclean_one(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Make the entry clean and read-only if it is not; tell whether it was not.

    Kernel: mm/rmap.c, v6.18
    Context: i_mmap_rwsem held; may sleep
    Deviates: no notifiers, no huge entries, one entry a mapping
    """
    cleaned = False
    if page_vma_mapped_walk(pvmw):
        entry = ptep_get(pvmw.pte)
        if entry.dirty or pte_write(entry):
            entry = ptep_clear_flush(pvmw.vma, pvmw.address, pvmw.pte)
            set_pte_at(pvmw.pte, replace(pte_wrprotect(entry), dirty=False))
            cleaned = True
        page_vma_mapped_walk_done(pvmw)
    return cleaned


@kernel
def vma_address(vma: Ref[vm_area_struct], pgoff: pgoff_t) -> vaddr_t:
    """Return where the mapping has a page of its file, or the first that it has of a folio.

    Kernel: mm/internal.h, v6.18
    Context: the mapping stays
    Deviates: the caller knows that it has it
    """
    if FOLIO_PAGES > 1 and pgoff < vma.vm_pgoff:
        return vma.vm_start
    return vma.vm_start + (pgoff - vma.vm_pgoff)


@kernel
def vma_maps_page(vma: Ref[vm_area_struct], pgoff: pgoff_t, nr_pages: folio_pages_t) -> Bool:
    """Tell whether the mapping has one of the pages, and is found so in the interval tree.

    Kernel: include/linux/mm.h, v6.18 (vma_interval_tree_foreach)
    Context: the mapping stays
    Deviates: nothing
    """
    if vma.vm_pgoff >= pgoff + nr_pages:
        return False
    return pgoff < vma.vm_pgoff + (vma.vm_end - vma.vm_start)
