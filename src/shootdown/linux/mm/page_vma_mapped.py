# SPDX-License-Identifier: GPL-2.0-only
"""The search for the entry by which a mapping maps a page."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, FOLIO_PAGES, LEVELS, vaddr_t
from shootdown.hw.memory import entry_t
from shootdown.lang import NULL, Bool, Ptr, Ref, index, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    p4d_none_or_clear_bad,
    p4d_offset,
    pgd_none_or_clear_bad,
    pgd_offset,
    pmd_none,
    pmd_offset,
    pmd_trans_huge,
    pmdp_get,
    pte_lockptr,
    pte_none,
    pte_offset_map,
    pte_present,
    ptep_get,
    pud_none_or_clear_bad,
    pud_offset,
)
from shootdown.linux.include.linux.mm import folio_nr_pages
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.rmap import (
    PVMW_SYNC,
    page_vma_mapped_walk_control,
    page_vma_mapped_walk_done,
)
from shootdown.linux.include.linux.spinlock import spin_lock
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock

__all__ = [
    "check_pte",
    "map_pte",
    "mm_find_pmd",
    "page_vma_mapped_walk",
    "sd_pmd_of",
    "sd_walk_to_pmd",
]


@kernel
def page_vma_mapped_walk(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Find the next entry that maps a page of the folio, and leave its table locked.

    With PVMW_SYNC, a table is locked before its entry is looked at, however the entry looks without
    the lock: who has just cleared it under the lock must be through with what belongs to that.

    Kernel: mm/page_vma_mapped.c, v6.18
    Context: i_mmap_rwsem held
    Deviates: no huge entries
    """
    is_left = pvmw.pte is NULL or sd_next_pte(pvmw)
    while is_left:
        if sd_this_pte(pvmw):
            return True
        is_left = sd_next_pte(pvmw)
    page_vma_mapped_walk_done(pvmw)
    return False


@kernel
def sd_this_pte(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Tell whether the entry at the walk's address maps a page of the folio.

    Kernel: none
    Context: i_mmap_rwsem held
    Deviates: a part of page_vma_mapped_walk(), from `restart` on
    """
    if pvmw.pte is NULL:
        pmd = mm_find_pmd(pvmw.vma.vm_mm, pvmw.address)
        if pmd is NULL or not map_pte(pvmw, pmd):
            return False
    return check_pte(pvmw)


@kernel
def sd_next_pte(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Go on to the next entry of the table that is not empty, or to the next table; or say no.

    Kernel: none
    Context: i_mmap_rwsem held, and the lock of the entry's table if the walk has stopped there
    Deviates: a part of page_vma_mapped_walk(), from `next_pte` on
    """
    if FOLIO_PAGES == 1:
        return False
    end = vma_address_end(pvmw)
    while pvmw.address + 1 < end:
        pvmw.address = pvmw.address + 1
        if pvmw.address % PMD_SIZE == 0:
            page_vma_mapped_walk_done(pvmw)
            return True
        if pvmw.pte is not NULL:
            pvmw.pte = pvmw.pte + 1
            if not pte_none(ptep_get(pvmw.pte)):
                if pvmw.ptl is NULL:
                    pvmw.ptl = pte_lockptr(pvmw.pte)
                    spin_lock(pvmw.ptl)
                return True
    return False


@kernel
def vma_address_end(pvmw: Ref[page_vma_mapped_walk_control]) -> vaddr_t:
    """Return where the folio ends in the mapping, or the mapping itself.

    Kernel: mm/internal.h, v6.18
    Context: the mapping stays
    Deviates: nothing
    """
    vma = pvmw.vma
    end: vaddr_t = vma.vm_end
    last = pvmw.folio.index + folio_nr_pages(pvmw.folio) - vma.vm_pgoff
    if vma.vm_start + last < end:
        end = vma.vm_start + last
    return end


@kernel
def map_pte(pvmw: Ref[page_vma_mapped_walk_control], pmd: Ptr[entry_t]) -> Bool:
    """Lock the table, unless its entry may be empty and is; tell whether it is locked.

    Kernel: mm/page_vma_mapped.c, v6.18 (part of page_check_address() before v4.11)
    Context: i_mmap_rwsem held
    Deviates: no migration entries; the second look at the pmd entry after locking (v6.5)
    """
    if pvmw.flags == PVMW_SYNC:
        pvmw.pte = pte_offset_map_lock(pmd, pvmw.address)
        pvmw.ptl = pte_lockptr(pvmw.pte)
        return True
    pvmw.pte = pte_offset_map(pmd, pvmw.address)
    if not pte_present(ptep_get(pvmw.pte)):
        return False
    pvmw.ptl = pte_lockptr(pvmw.pte)
    spin_lock(pvmw.ptl)
    return True


@kernel
def check_pte(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Tell whether the entry maps a page of the folio.

    Kernel: mm/page_vma_mapped.c, v6.18
    Context: pvmw.ptl held
    Deviates: no migration entries
    """
    ptent = ptep_get(pvmw.pte)
    first = index(pvmw.folio)
    return pte_present(ptent) and first <= ptent.pfn < first + folio_nr_pages(pvmw.folio)


@kernel
def mm_find_pmd(mm: Ref[mm_struct], address: vaddr_t) -> Ptr[entry_t]:
    """Return the pmd entry for the address, or NULL if there is no table below it.

    Kernel: mm/rmap.c, v6.18
    Context: i_mmap_rwsem held, or anything else that keeps the tables
    Deviates: nothing
    """
    none: Ptr[entry_t] = NULL
    pmd = sd_pmd_of(mm, address)
    if pmd is NULL:
        return none
    if LEVELS >= 2:
        pmde = pmdp_get(pmd)
        if pmd_none(pmde) or (CONFIG_TRANSPARENT_HUGEPAGE and pmd_trans_huge(pmde)):
            return none
    return pmd


@kernel
def sd_walk_to_pmd(mm: Ref[mm_struct], address: vaddr_t) -> Ptr[entry_t]:
    """Return the pmd entry for the address, or NULL if it or one above it is none.

    Kernel: none
    Context: mmap_lock held
    Deviates: stands for the way down of walk_page_range()
    """
    none: Ptr[entry_t] = NULL
    pmd = sd_pmd_of(mm, address)
    if LEVELS >= 2 and pmd is not NULL:
        if pmd_none(pmdp_get(pmd)):
            return none
    return pmd


@kernel
def sd_pmd_of(mm: Ref[mm_struct], address: vaddr_t) -> Ptr[entry_t]:
    """Return the pmd entry for the address, or NULL if there is no table that has one.

    Kernel: none
    Context: something keeps the tables
    Deviates: all look for it on their own
    """
    none: Ptr[entry_t] = NULL
    pgd = pgd_offset(mm, address)
    if pgd_none_or_clear_bad(pgd):
        return none
    p4d = p4d_offset(pgd, address)
    if p4d_none_or_clear_bad(p4d):
        return none
    pud = pud_offset(p4d, address)
    if pud_none_or_clear_bad(pud):
        return none
    return pmd_offset(pud, address)
