# SPDX-License-Identifier: GPL-2.0-only
"""Page faults, the other half of mm/memory.c: entries appear, and read-only ones become writable.

A page that is mapped writable is dirty, or will be said to be before writeback can miss it.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    ANON_SHARED,
    CONFIG_SWAP,
    CONFIG_TRANSPARENT_HUGEPAGE,
    LEVELS,
    level_t,
    vaddr_t,
)
from shootdown.hw.memory import entry_t, hw_read_entry, hw_write_entry
from shootdown.lang import NULL, Bool, Ptr, Ref, has, index, kernel, local, record, replace
from shootdown.linux.arch.x86.include.asm.pgtable import (
    p4d_offset,
    pgd_offset,
    pgd_t,
    pmd_none,
    pmd_offset,
    pmd_trans_huge,
    pmdp_get,
    pte_lockptr,
    pte_modify,
    pte_none,
    pte_offset_map,
    pte_protnone,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    ptep_modify_prot_commit,
    ptep_modify_prot_start,
    pud_offset,
    set_pte_at,
    vm_get_page_prot,
)
from shootdown.linux.arch.x86.mm.pgtable import ptep_set_access_flags
from shootdown.linux.bounds import FS_PAGE_MKWRITE, PRIVATE_FILES
from shootdown.linux.features import HUGE_FAULT_ONE_LOOK
from shootdown.linux.include.linux.mm import page_folio
from shootdown.linux.include.linux.mm_types import (
    VM_WRITE,
    mm_struct,
    page,
    vm_area_struct,
    vm_fault,
)
from shootdown.linux.include.linux.pagemap import folio_get, folio_lock, folio_put, folio_unlock
from shootdown.linux.include.linux.pgtable import pmd_trans_unstable
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.include.linux.swapops import is_swap_pte
from shootdown.linux.mm.filemap import filemap_fault, filemap_page_mkwrite
from shootdown.linux.mm.huge_memory import sd_handle_huge_fault
from shootdown.linux.mm.memory_cow import wp_page_copy
from shootdown.linux.mm.memory_swap import do_swap_page
from shootdown.linux.mm.page_alloc import alloc_page, pagetable_alloc, pagetable_free
from shootdown.linux.mm.page_writeback import folio_mark_dirty
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap import folio_add_rmap_pte
from shootdown.linux.mm.rmap_anon import anon_vma_prepare, folio_add_anon_rmap_pte
from shootdown.linux.mm.swap_lru import folio_add_lru

__all__ = [
    "do_anonymous_page",
    "do_cow_fault",
    "do_fault",
    "do_numa_page",
    "do_page_mkwrite",
    "do_read_fault",
    "do_shared_fault",
    "do_wp_page",
    "fault_dirty_shared_page",
    "finish_fault",
    "finish_mkwrite_fault",
    "handle_mm_fault",
    "handle_pte_fault",
    "sd_alloc_table",
    "sd_wp_page_private",
    "wp_page_reuse",
    "wp_page_shared",
]


@kernel
def handle_mm_fault(vma: Ref[vm_area_struct], address: vaddr_t, is_write: Bool) -> None:
    """Do what lets the access succeed, or at least come closer to it: it is tried again.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the lock of the mapping itself (v6.4, for files v6.7), which munmap() waits for as
        it does for mmap_lock, is not tried first
    """
    vmf = local(vm_fault)
    vmf.vma = vma
    vmf.address = address
    vmf.is_write = is_write
    mm = vma.vm_mm
    pgd = pgd_offset(mm, address)
    if LEVELS >= 5:
        sd_alloc_table(mm, pgd, 4)
    p4d = p4d_offset(pgd, address)
    if LEVELS >= 4:
        sd_alloc_table(mm, p4d, 3)
    pud = pud_offset(p4d, address)
    if LEVELS >= 3:
        sd_alloc_table(mm, pud, 2)
    vmf.pmd = pmd_offset(pud, address)
    if CONFIG_TRANSPARENT_HUGEPAGE:
        if sd_handle_huge_fault(vmf):
            return
    handle_pte_fault(vmf)


@kernel
def sd_alloc_table(mm: Ref[mm_struct], upper: Ptr[pgd_t], level: level_t) -> None:
    """Give an entry a table of `level` below it, if it has none.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: stands for __p4d_alloc() to __pte_alloc()
    """
    if not pmd_none(hw_read_entry(upper)):
        return
    number = pagetable_alloc(level)
    spin_lock(mm.page_table_lock)
    is_first = pmd_none(hw_read_entry(upper))
    if is_first:
        hw_write_entry(upper, entry_t(present=True, write=True, pfn=number))
    spin_unlock(mm.page_table_lock)
    if not is_first:
        pagetable_free(number)


@kernel
def handle_pte_fault(vmf: Ref[vm_fault]) -> None:
    """Handle a fault by what its entry says.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: before v4.10 the page table is made here, for faults that are first
    """
    if LEVELS < 2 or not pmd_none(pmdp_get(vmf.pmd)):
        if CONFIG_TRANSPARENT_HUGEPAGE and sd_is_no_table(vmf.pmd):
            return
        vmf.pte = pte_offset_map(vmf.pmd, vmf.address)
        vmf.orig_pte = ptep_get(vmf.pte)
    if CONFIG_SWAP and is_swap_pte(vmf.orig_pte):
        do_swap_page(vmf)
        return
    if pte_protnone(vmf.orig_pte):
        do_numa_page(vmf)
        return
    if not vmf.orig_pte.present:
        if vmf.vma.vm_file is NULL:
            do_anonymous_page(vmf)
        else:
            do_fault(vmf)
        return
    vmf.ptl = pte_lockptr(vmf.pte)
    spin_lock(vmf.ptl)
    entry = vmf.orig_pte
    if ptep_get(vmf.pte) != entry:
        pte_unmap_unlock(vmf.ptl)
        return
    if vmf.is_write and not entry.write:
        do_wp_page(vmf)
        return
    entry = replace(entry, accessed=True, dirty=entry.dirty or vmf.is_write)
    ptep_set_access_flags(vmf.vma, vmf.address, vmf.pte, entry, vmf.is_write)
    pte_unmap_unlock(vmf.ptl)


@kernel
def sd_is_no_table(pmd: Ptr[pgd_t]) -> Bool:
    """Tell whether there is no page table, as somebody has mapped a huge page: the fault returns.

    Kernel: none
    Context: mmap_lock held; there is something
    Deviates: stands for pmd_trans_unstable(), commit ad33bb04b2a6, and since v6.5 for a failure of
        pte_offset_map_lock()
    """
    if has(HUGE_FAULT_ONE_LOOK):
        return pmd_trans_unstable(pmd)
    return pmd_trans_huge(pmdp_get(pmd))


@kernel
def do_numa_page(vmf: Ref[vm_fault]) -> None:
    """Make a page accessible that was made inaccessible only to see who uses it.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the page is where it belongs; a store needs a fault of its own (no saved write bit)
    """
    vmf.ptl = pte_lockptr(vmf.pte)
    spin_lock(vmf.ptl)
    if ptep_get(vmf.pte) == vmf.orig_pte:
        old_pte = ptep_modify_prot_start(vmf.pte)
        pte = pte_modify(old_pte, vm_get_page_prot(vmf.vma.vm_flags))
        ptep_modify_prot_commit(vmf.pte, replace(pte, accessed=True))
    pte_unmap_unlock(vmf.ptl)


@kernel
def do_anonymous_page(vmf: Ref[vm_fault]) -> None:
    """Map a fresh page.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: a load gets a page of its own, too, and not the zero page; one page a folio
    """
    is_writable = vmf.vma.vm_flags & VM_WRITE != 0
    if LEVELS >= 2:
        sd_alloc_table(vmf.vma.vm_mm, vmf.pmd, 1)
    if CONFIG_TRANSPARENT_HUGEPAGE and sd_is_no_table(vmf.pmd):
        return
    if CONFIG_SWAP:
        anon_vma_prepare(vmf.vma)
    folio = alloc_page()
    vmf.pte = pte_offset_map_lock(vmf.pmd, vmf.address)
    is_first = pte_none(ptep_get(vmf.pte))
    if is_first:
        if CONFIG_SWAP:
            folio_add_anon_rmap_pte(folio, vmf.vma, vmf.address)
            folio_add_lru(folio)
        else:
            folio_add_rmap_pte(folio)
        set_pte_at(
            vmf.pte,
            pte_t(
                present=True,
                write=is_writable,
                dirty=is_writable,
                accessed=True,
                pfn=index(folio),
            ),
        )
    pte_unmap_unlock(pte_lockptr(vmf.pte))
    if not is_first:
        folio_put(folio)


@kernel
def do_fault(vmf: Ref[vm_fault]) -> None:
    """Map a page of a file.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: mappings of files are all shared; or all private, and nobody loads before he stores
    """
    if PRIVATE_FILES:
        assert vmf.is_write
        do_cow_fault(vmf)
    elif vmf.is_write:
        do_shared_fault(vmf)
    else:
        do_read_fault(vmf)


@kernel
def do_read_fault(vmf: Ref[vm_fault]) -> None:
    """Map a page of a file, read-only.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: pages around it are not mapped along (fault_around_bytes is one page)
    """
    if not filemap_fault(vmf):
        return
    is_mapped = finish_fault(vmf)
    folio_unlock(vmf.page)
    if not is_mapped:
        folio_put(vmf.page)


@kernel
def do_shared_fault(vmf: Ref[vm_fault]) -> None:
    """Map a page of a file, writable and dirty.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: nothing
    """
    if not filemap_fault(vmf):
        return
    if FS_PAGE_MKWRITE:
        folio_unlock(vmf.page)
        if not do_page_mkwrite(vmf):
            folio_put(vmf.page)
            return
    if not finish_fault(vmf):
        folio_unlock(vmf.page)
        folio_put(vmf.page)
        return
    fault_dirty_shared_page(vmf)


@kernel
def do_cow_fault(vmf: Ref[vm_fault]) -> None:
    """Map a copy of a page of a file, which the mapping has for itself.

    Kernel: mm/memory.c, v6.18 (__do_fault before v3.15)
    Context: mmap_lock held; may sleep
    Deviates: the copy is made in no time, and what is in it does not matter; before v3.15 it is
        allocated with the page locked
    """
    vmf.cow_page = alloc_page()
    is_mapped = False
    if filemap_fault(vmf):
        is_mapped = finish_fault(vmf)
        folio_unlock(vmf.page)
        folio_put(vmf.page)
    if not is_mapped:
        folio_put(vmf.cow_page)


@kernel
def finish_fault(vmf: Ref[vm_fault]) -> Bool:
    """Put the entry in place, unless one is there by now; the page's reference goes to it.

    Kernel: mm/memory.c, v6.18
    Context: page locked, mmap_lock held; may sleep
    Deviates: one page a folio; a copy has no reverse map
    """
    folio = vmf.cow_page if PRIVATE_FILES else vmf.page
    if LEVELS >= 2:
        sd_alloc_table(vmf.vma.vm_mm, vmf.pmd, 1)
    vmf.pte = pte_offset_map_lock(vmf.pmd, vmf.address)
    vmf.ptl = pte_lockptr(vmf.pte)
    is_first = pte_none(ptep_get(vmf.pte))
    if is_first:
        folio_add_rmap_pte(folio)
        set_pte_at(
            vmf.pte,
            pte_t(
                present=True,
                write=vmf.is_write,
                dirty=vmf.is_write,
                accessed=True,
                pfn=index(folio),
            ),
        )
    pte_unmap_unlock(vmf.ptl)
    return is_first


@kernel
def fault_dirty_shared_page(vmf: Ref[vm_fault]) -> None:
    """Say that the page, which now is mapped writable, must be written; unlock it.

    Kernel: mm/memory.c, v6.18
    Context: page locked, unlocked on return; mmap_lock held
    Deviates: the file's times; the writer is not made to wait for writeback
    """
    folio_mark_dirty(vmf.page)
    folio_unlock(vmf.page)


@kernel
def do_wp_page(vmf: Ref[vm_fault]) -> None:
    """Let a store through a read-only entry.

    Kernel: mm/memory.c, v6.18
    Context: ptl held, released on return; mmap_lock held; may sleep
    Deviates: where ANON_SHARED is not set, the page of a private mapping has one owner, and is not
        copied; where it is, a page is copied that others had once, even if they have left it
        (wp_can_reuse_anon_folio)
    """
    vmf.page = record(page, vmf.orig_pte.pfn)
    if ANON_SHARED and vmf.vma.vm_file is NULL and not vmf.page.PG_anon_exclusive:
        folio_get(page_folio(vmf.page))
        pte_unmap_unlock(vmf.ptl)
        wp_page_copy(vmf)
    elif vmf.vma.vm_file is NULL:
        sd_wp_page_private(vmf)
    else:
        wp_page_shared(vmf)


@kernel
def sd_wp_page_private(vmf: Ref[vm_fault]) -> None:
    """Make the entry of a page writable that has one owner.

    Kernel: none
    Context: ptl held, released on return; mmap_lock held; may sleep
    Deviates: a part of do_wp_page()
    """
    wp_page_reuse(vmf)


@kernel
def wp_page_shared(vmf: Ref[vm_fault]) -> None:
    """Make the entry of a shared page writable, and then say that the page must be written.

    Kernel: mm/memory.c, v6.18, commit 2d6d7f982846
    Context: ptl held, released on return; mmap_lock held; may sleep
    Deviates: nothing
    """
    folio_get(vmf.page)
    is_ready = True
    if FS_PAGE_MKWRITE:
        pte_unmap_unlock(vmf.ptl)
        is_ready = do_page_mkwrite(vmf) and finish_mkwrite_fault(vmf)
    else:
        wp_page_reuse(vmf)
        folio_lock(vmf.page)
    if is_ready:
        fault_dirty_shared_page(vmf)
    folio_put(vmf.page)


@kernel
def do_page_mkwrite(vmf: Ref[vm_fault]) -> Bool:
    """Ask the file system to let a page be stored to; tell whether it does, with the page locked.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the file system is one that leaves all to filemap_page_mkwrite()
    """
    return filemap_page_mkwrite(vmf)


@kernel
def finish_mkwrite_fault(vmf: Ref[vm_fault]) -> Bool:
    """Make the entry writable if it still is what it was; if not, unlock the page.

    Kernel: mm/memory.c, v6.18
    Context: page locked, mmap_lock held
    Deviates: the caller's unlocking of the page stands here
    """
    vmf.pte = pte_offset_map_lock(vmf.pmd, vmf.address)
    if ptep_get(vmf.pte) != vmf.orig_pte:
        pte_unmap_unlock(vmf.ptl)
        folio_unlock(vmf.page)
        return False
    wp_page_reuse(vmf)
    return True


@kernel
def wp_page_reuse(vmf: Ref[vm_fault]) -> None:
    """Make the entry writable and dirty.

    Kernel: mm/memory.c, v6.18
    Context: ptl held, released on return
    Deviates: nothing
    """
    entry = replace(vmf.orig_pte, accessed=True, dirty=True, write=True)
    ptep_set_access_flags(vmf.vma, vmf.address, vmf.pte, entry, True)
    pte_unmap_unlock(vmf.ptl)
