# SPDX-License-Identifier: GPL-2.0-only
"""NUMA balancing before v5.14: it moves a huge page by itself, without a migration entry.

The page is inaccessible, so nobody can store to it while it is copied, unless a TLB still knows it.
"""

from __future__ import annotations

from shootdown.hw.bounds import PAGES_MOVE, vaddr_t
from shootdown.hw.copying import hw_copy_frame
from shootdown.hw.events import page_replaced
from shootdown.lang import Ref, atomic, has, index, kernel, record, replace
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pmd_lock,
    pmd_modify,
    pmd_t,
    pmdp_get,
    set_pmd_at,
    vm_get_page_prot,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_range
from shootdown.linux.features import (
    HUGE_MOVE_CLEARED,
    HUGE_MOVE_KEPT,
    HUGE_NUMA_BY_ENTRY,
    TLB_FLUSH_PENDING,
)
from shootdown.linux.include.linux.mm_types import VM_WRITE, folio, page, vm_fault
from shootdown.linux.include.linux.pagemap import (
    folio_get,
    folio_put,
    folio_trylock,
    folio_unlock,
)
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.pgtable_generic import pmdp_huge_clear_flush
from shootdown.linux.mm.rmap import folio_add_rmap_pte, folio_remove_rmap_ptes

__all__ = ["do_huge_pmd_numa_page", "migrate_misplaced_transhuge_page", "sd_move_misplaced"]


@kernel(before=HUGE_NUMA_BY_ENTRY)
def do_huge_pmd_numa_page(vmf: Ref[vm_fault]) -> None:
    """Make a huge page accessible that was made inaccessible only to see who uses it; or move it.

    Kernel: mm/huge_memory.c, v5.13
    Context: mmap_sem held; may sleep
    Deviates: all pages are where they belong, or none; a store needs a fault of its own (no saved
        write bit)
    """
    ptl = pmd_lock(vmf.vma.vm_mm)
    if pmdp_get(vmf.pmd) == vmf.orig_pmd:
        if PAGES_MOVE:
            vmf.ptl = ptl
            sd_move_misplaced(vmf)
            return
        pmd = pmd_modify(pmdp_get(vmf.pmd), vm_get_page_prot(vmf.vma.vm_flags))
        set_pmd_at(vmf.pmd, replace(pmd, accessed=True))
    spin_unlock(ptl)


@kernel
def sd_move_misplaced(vmf: Ref[vm_fault]) -> None:
    """Move a huge page to where it is used, once nobody can store to it any more.

    Kernel: none
    Context: ptl held, released on return; mmap_sem held; may sleep
    Deviates: a part of do_huge_pmd_numa_page(), commit 20841405940e (from v3.18 or so, of
        migrate_misplaced_transhuge_page); who does not get the page's lock has the fault again
    """
    folio = record(page, vmf.orig_pmd.pfn)
    if not folio_trylock(folio):
        spin_unlock(vmf.ptl)
        return
    folio_get(folio)
    spin_unlock(vmf.ptl)
    spin_lock(vmf.ptl)
    if pmdp_get(vmf.pmd) != vmf.orig_pmd:
        folio_unlock(folio)
        folio_put(folio)
        spin_unlock(vmf.ptl)
        return
    if has(TLB_FLUSH_PENDING) and vmf.vma.vm_mm.tlb_flush_pending > 0:
        haddr: vaddr_t = vmf.address // PMD_SIZE * PMD_SIZE
        flush_tlb_range(vmf.vma, haddr, haddr + PMD_SIZE)
    spin_unlock(vmf.ptl)
    migrate_misplaced_transhuge_page(vmf, folio)


@kernel
def migrate_misplaced_transhuge_page(vmf: Ref[vm_fault], folio: Ref[folio]) -> None:
    """Copy a huge page, and map the copy in its place, unless others have come to know it.

    Kernel: mm/migrate.c, v5.13, commits 3f926ab945b6, d7c3393413fe
    Context: folio locked, unlocked on return, which has a reference for this; mmap_sem held; may
        sleep
    Deviates: the new page is not locked; the old one stays on its list; how many refer to the old
        one is asked once; no notifiers
    """
    new_folio = alloc_page()
    hw_copy_frame(index(folio), index(new_folio))
    spin_lock(vmf.ptl)
    if pmdp_get(vmf.pmd) != vmf.orig_pmd or folio._refcount != 2:
        spin_unlock(vmf.ptl)
        folio_put(new_folio)
        folio_unlock(folio)
        folio_put(folio)
        return
    folio_add_rmap_pte(new_folio)
    if has(HUGE_MOVE_CLEARED) and not has(HUGE_MOVE_KEPT):
        haddr: vaddr_t = vmf.address // PMD_SIZE * PMD_SIZE
        pmdp_huge_clear_flush(vmf.vma, haddr, vmf.pmd)
    sd_map_copy(vmf, folio, new_folio)
    folio_remove_rmap_ptes(folio)
    spin_unlock(vmf.ptl)
    folio_unlock(folio)
    folio_put(folio)
    folio_put(folio)


@kernel
def sd_map_copy(vmf: Ref[vm_fault], folio: Ref[folio], new_folio: Ref[folio]) -> None:
    """Map the copy of a huge page, accessible again.

    Kernel: none
    Context: ptl held
    Deviates: a part of migrate_misplaced_transhuge_page()
    """
    entry = pmd_t(
        present=True,
        huge=1,
        write=vmf.vma.vm_flags & VM_WRITE != 0,
        dirty=True,
        accessed=True,
        pfn=index(new_folio),
    )
    with atomic():
        set_pmd_at(vmf.pmd, entry)
        page_replaced(index(folio), index(new_folio))
