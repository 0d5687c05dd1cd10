# SPDX-License-Identifier: GPL-2.0-only
"""The system call mremap(): pages move to other addresses of their address space."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, LEVELS, vaddr_t
from shootdown.hw.memory import hw_read_entry, hw_write_entry
from shootdown.lang import NULL, Bool, Ptr, Ref, has, kernel, local, record, this_cpu
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    p4d_offset,
    pgd_offset,
    pmd_lock,
    pmd_none,
    pmd_offset,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pte_lockptr,
    pte_none,
    pte_offset_map,
    pte_present,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    ptep_get_and_clear,
    pud_offset,
    set_pte_at,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_range
from shootdown.linux.features import MREMAP_FEW_RMAP_LOCKS, MREMAP_MOVE_PMD, MREMAP_PMD_RMAP_LOCKS
from shootdown.linux.include.linux.fs import i_mmap_lock_write, i_mmap_unlock_write
from shootdown.linux.include.linux.mm_types import mm_struct, task_struct, vm_area_struct
from shootdown.linux.include.linux.mmap_lock import mmap_write_lock, mmap_write_unlock
from shootdown.linux.include.linux.rmap import anon_vma_lock_write, anon_vma_unlock_write
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.huge_memory_change import move_huge_pmd
from shootdown.linux.mm.internal import pagetable_move_control
from shootdown.linux.mm.memory_fault import sd_alloc_table
from shootdown.linux.mm.page_vma_mapped import sd_walk_to_pmd
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending
from shootdown.linux.mm.vma import copy_vma, do_vmi_munmap, find_vma

__all__ = [
    "alloc_new_pmd",
    "do_mremap",
    "drop_rmap_locks",
    "get_extent",
    "get_old_pmd",
    "move_normal_pmd",
    "move_page_tables",
    "move_pgt_entry",
    "move_ptes",
    "move_vma",
    "sd_move_huge",
    "sys_mremap",
    "take_rmap_locks",
]


@kernel
def sys_mremap(addr: vaddr_t, old_len: vaddr_t, new_addr: vaddr_t) -> None:
    """Move a mapping of the running task's address space, with its pages, to another address.

    Kernel: mm/mremap.c, v6.18
    Context: user context, may sleep
    Deviates: as with MREMAP_MAYMOVE | MREMAP_FIXED; the length stays
    """
    do_mremap(record(task_struct, this_cpu()).mm, addr, old_len, new_addr)


@kernel
def do_mremap(mm: Ref[mm_struct], addr: vaddr_t, old_len: vaddr_t, new_addr: vaddr_t) -> None:
    """Move a mapping to another address.

    Kernel: mm/mremap.c, v6.18 (sys_mremap with mremap_to before v6.17)
    Context: may sleep
    Deviates: the range is that of one mapping, which is not split; nothing is mapped where it
        goes
    """
    mmap_write_lock(mm)
    vma = find_vma(mm, addr)
    if vma is not NULL and vma.vm_start == addr and vma.vm_end == addr + old_len:
        move_vma(vma, addr, old_len, new_addr)
    mmap_write_unlock(mm)


@kernel
def move_vma(vma: Ref[vm_area_struct], addr: vaddr_t, old_len: vaddr_t, new_addr: vaddr_t) -> None:
    """Have the mapping at the new address, too, move its pages there, and unmap the old one.

    Kernel: mm/mremap.c, v6.18 (with copy_vma_and_data and unmap_source_vma since v6.15)
    Context: mmap_lock held for writing; may sleep
    Deviates: tables never run out, so nothing is moved back; accounting; the lock of the mapping
        itself
    """
    pmc = local(pagetable_move_control)
    pmc.old = vma
    pmc.old_addr = addr
    pmc.old_end = addr + old_len
    pmc.new_addr = new_addr
    copy_vma(vma, new_addr, old_len, pmc)
    move_page_tables(pmc)
    do_vmi_munmap(vma.vm_mm, addr, addr + old_len, False)


@kernel
def move_page_tables(pmc: Ref[pagetable_move_control]) -> None:
    """Move the pages of a range to other addresses, a table at a time.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: only tables of the lowest level are moved as a whole (before v5.0, none), and a range
        never grows so that one can be; no huge page is split, no notifiers
    """
    mm = pmc.old.vm_mm
    while pmc.old_addr < pmc.old_end:
        extent = get_extent(pmc)
        old_pmd = get_old_pmd(mm, pmc.old_addr)
        if old_pmd is not NULL:
            new_pmd = alloc_new_pmd(mm, pmc.new_addr)
            if CONFIG_TRANSPARENT_HUGEPAGE and pmd_trans_huge(pmdp_get(old_pmd)):
                sd_move_huge(pmc, extent, old_pmd, new_pmd)
            elif not sd_move_table(pmc, extent, old_pmd, new_pmd):
                if LEVELS >= 2:
                    sd_alloc_table(mm, new_pmd, 1)
                move_ptes(pmc, extent, old_pmd, new_pmd)
        pmc.old_addr = pmc.old_addr + extent
        pmc.new_addr = pmc.new_addr + extent


@kernel
def sd_move_huge(
    pmc: Ref[pagetable_move_control], extent: vaddr_t, old_pmd: Ptr[pmd_t], new_pmd: Ptr[pmd_t]
) -> None:
    """Move a huge page.

    Kernel: none
    Context: mmap_lock held for writing; may sleep
    Deviates: a part of move_page_tables() and move_pgt_entry()
    """
    assert extent == PMD_SIZE
    if pmc.need_rmap_locks:
        take_rmap_locks(pmc.old)
    is_moved = move_huge_pmd(pmc.old, pmc.old_addr, old_pmd, new_pmd)
    if pmc.need_rmap_locks:
        drop_rmap_locks(pmc.old)
    assert is_moved


@kernel
def sd_move_table(
    pmc: Ref[pagetable_move_control], extent: vaddr_t, old_pmd: Ptr[pmd_t], new_pmd: Ptr[pmd_t]
) -> Bool:
    """Move a table as a whole if all of it moves; tell whether it has been done.

    Kernel: none
    Context: mmap_lock held for writing; may sleep
    Deviates: a part of move_page_tables()
    """
    if LEVELS >= 2 and has(MREMAP_MOVE_PMD):
        if extent == PMD_SIZE:
            return move_pgt_entry(pmc, old_pmd, new_pmd)
    return False


@kernel
def move_pgt_entry(
    pmc: Ref[pagetable_move_control], old_entry: Ptr[pmd_t], new_entry: Ptr[pmd_t]
) -> Bool:
    """Move a table, with reverse-map walks kept away, which would take it for what it was.

    Kernel: mm/mremap.c, v6.18, commit 97113eb39fa7
    Context: mmap_lock held for writing; may sleep
    Deviates: the entry is always NORMAL_PMD
    """
    need_rmap_locks = pmc.need_rmap_locks or has(MREMAP_PMD_RMAP_LOCKS)
    if need_rmap_locks:
        take_rmap_locks(pmc.old)
    moved = move_normal_pmd(pmc, old_entry, new_entry)
    if need_rmap_locks:
        drop_rmap_locks(pmc.old)
    return moved


@kernel
def move_normal_pmd(
    pmc: Ref[pagetable_move_control], old_pmd: Ptr[pmd_t], new_pmd: Ptr[pmd_t]
) -> Bool:
    """Move a table to where there is none, and flush where it was; tell whether that is done.

    Kernel: mm/mremap.c, v6.18, commit 2c91bd4a4e2e
    Context: mmap_lock held for writing
    Deviates: the table does not become a huge page meanwhile; watched mappings (userfaultfd), whose
        tables are not moved
    """
    vma = pmc.old
    if not pmd_none(pmdp_get(new_pmd)):
        return False
    ptl = pmd_lock(vma.vm_mm)
    pmd = hw_read_entry(old_pmd)
    hw_write_entry(old_pmd, pmd_t())
    hw_write_entry(new_pmd, pmd)
    flush_tlb_range(vma, pmc.old_addr, pmc.old_addr + PMD_SIZE)
    spin_unlock(ptl)
    return True


@kernel
def get_extent(pmc: Ref[pagetable_move_control]) -> vaddr_t:
    """Return how far the tables reach in which the next entries are and will be.

    Kernel: mm/mremap.c, v6.18 (stood in move_page_tables before v5.11)
    Context: any
    Deviates: tables of the lowest level only; former kernels move 64 pages at most
    """
    extent: vaddr_t = PMD_SIZE - pmc.old_addr % PMD_SIZE
    if extent > pmc.old_end - pmc.old_addr:
        extent = pmc.old_end - pmc.old_addr
    if extent > PMD_SIZE - pmc.new_addr % PMD_SIZE:
        extent = PMD_SIZE - pmc.new_addr % PMD_SIZE
    return extent


@kernel
def get_old_pmd(mm: Ref[mm_struct], addr: vaddr_t) -> Ptr[pmd_t]:
    """Return the pmd entry for the address, or NULL if it is none.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing
    Deviates: nothing
    """
    return sd_walk_to_pmd(mm, addr)


@kernel
def alloc_new_pmd(mm: Ref[mm_struct], addr: vaddr_t) -> Ptr[pmd_t]:
    """Return the pmd entry for the address, below new tables if there were none.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: nothing
    """
    pgd = pgd_offset(mm, addr)
    if LEVELS >= 5:
        sd_alloc_table(mm, pgd, 4)
    p4d = p4d_offset(pgd, addr)
    if LEVELS >= 4:
        sd_alloc_table(mm, p4d, 3)
    pud = pud_offset(p4d, addr)
    if LEVELS >= 3:
        sd_alloc_table(mm, pud, 2)
    return pmd_offset(pud, addr)


@kernel
def move_ptes(
    pmc: Ref[pagetable_move_control], extent: vaddr_t, old_pmd: Ptr[pmd_t], new_pmd: Ptr[pmd_t]
) -> None:
    """Move entries from one table to another, and flush where they were before others see them.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: one entry at a time (before v6.17, always); a table that goes meanwhile, so that all
        is tried again; soft-dirty and userfaultfd bits
    """
    vma = pmc.old
    force_flush = False
    if pmc.need_rmap_locks:
        take_rmap_locks(vma)
    old_pte: Ptr[pte_t] = pte_offset_map_lock(old_pmd, pmc.old_addr)
    old_ptl = pte_lockptr(old_pte)
    new_pte: Ptr[pte_t] = pte_offset_map(new_pmd, pmc.new_addr)
    new_ptl = pte_lockptr(new_pte)
    if new_ptl != old_ptl:
        spin_lock(new_ptl)
    flush_tlb_batched_pending(vma.vm_mm)
    for i in range(extent):
        pte = ptep_get(old_pte + i)
        if not pte_none(pte):
            if pte_present(pte):
                force_flush = True
            set_pte_at(new_pte + i, ptep_get_and_clear(old_pte + i))
    if force_flush:
        flush_tlb_range(vma, pmc.old_addr, pmc.old_addr + extent)
    if new_ptl != old_ptl:
        pte_unmap_unlock(new_ptl)
    pte_unmap_unlock(old_ptl)
    if pmc.need_rmap_locks:
        drop_rmap_locks(vma)


@kernel
def take_rmap_locks(vma: Ref[vm_area_struct]) -> None:
    """Keep walks over the mappings of pages away.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: nothing
    """
    if vma.vm_file is not NULL:
        i_mmap_lock_write(vma.vm_file)
    if vma.anon_vma is not NULL and has(MREMAP_FEW_RMAP_LOCKS):
        anon_vma_lock_write(vma.anon_vma)


@kernel
def drop_rmap_locks(vma: Ref[vm_area_struct]) -> None:
    """Let walks over the mappings of pages go on.

    Kernel: mm/mremap.c, v6.18
    Context: the locks of take_rmap_locks() held
    Deviates: nothing
    """
    if vma.anon_vma is not NULL and has(MREMAP_FEW_RMAP_LOCKS):
        anon_vma_unlock_write(vma.anon_vma)
    if vma.vm_file is not NULL:
        i_mmap_unlock_write(vma.vm_file)
