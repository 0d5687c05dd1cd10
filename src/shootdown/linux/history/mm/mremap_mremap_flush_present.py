# SPDX-License-Identifier: GPL-2.0-only
"""mremap() from v3.2 to v4.18: a flush at its end, from v4.9 on unless there has been one."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, LEVELS, vaddr_t
from shootdown.lang import NULL, Bool, Ptr, Ref, has, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pmd_none,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pmdp_huge_get_and_clear,
    pte_lockptr,
    pte_none,
    pte_offset_map,
    pte_present,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    ptep_get_and_clear,
    set_pmd_at,
    set_pte_at,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_range
from shootdown.linux.features import MREMAP_FLUSH_DIRTY, MREMAP_FLUSH_PRESENT
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.huge_memory_change import __pmd_trans_huge_lock
from shootdown.linux.mm.internal import pagetable_move_control
from shootdown.linux.mm.memory_fault import sd_alloc_table
from shootdown.linux.mm.mremap import (
    alloc_new_pmd,
    drop_rmap_locks,
    get_extent,
    get_old_pmd,
    take_rmap_locks,
)
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending

__all__ = ["move_huge_pmd", "move_page_tables", "move_ptes", "sd_move_huge"]


@kernel(before=MREMAP_FLUSH_PRESENT)
def move_page_tables(pmc: Ref[pagetable_move_control]) -> None:
    """Move the pages of a range to other addresses, a table at a time, and then flush the range.

    Kernel: mm/mremap.c, v4.14
    Context: mmap_sem held for writing; may sleep
    Deviates: no huge page is split; no notifiers
    """
    mm = pmc.old.vm_mm
    start = pmc.old_addr
    need_flush = False
    while pmc.old_addr < pmc.old_end:
        extent = get_extent(pmc)
        old_pmd = get_old_pmd(mm, pmc.old_addr)
        if old_pmd is not NULL:
            new_pmd = alloc_new_pmd(mm, pmc.new_addr)
            if CONFIG_TRANSPARENT_HUGEPAGE and pmd_trans_huge(pmdp_get(old_pmd)):
                if sd_move_huge(pmc, extent, old_pmd, new_pmd):
                    need_flush = True
            else:
                if LEVELS >= 2:
                    sd_alloc_table(mm, new_pmd, 1)
                if move_ptes(pmc, extent, old_pmd, new_pmd):
                    need_flush = True
        pmc.old_addr = pmc.old_addr + extent
        pmc.new_addr = pmc.new_addr + extent
    if need_flush:
        flush_tlb_range(pmc.old, start, pmc.old_end)


@kernel(before=MREMAP_FLUSH_PRESENT)
def sd_move_huge(
    pmc: Ref[pagetable_move_control], extent: vaddr_t, old_pmd: Ptr[pmd_t], new_pmd: Ptr[pmd_t]
) -> Bool:
    """Move a huge page; tell whether the flush is still to come.

    Kernel: none
    Context: mmap_sem held for writing; may sleep
    Deviates: a part of move_page_tables()
    """
    assert extent == PMD_SIZE
    if pmc.need_rmap_locks:
        take_rmap_locks(pmc.old)
    need_flush = move_huge_pmd(pmc.old, pmc.old_addr, old_pmd, new_pmd)
    if pmc.need_rmap_locks:
        drop_rmap_locks(pmc.old)
    return need_flush


@kernel(before=MREMAP_FLUSH_PRESENT)
def move_huge_pmd(
    vma: Ref[vm_area_struct], old_addr: vaddr_t, old_pmd: Ptr[pmd_t], new_pmd: Ptr[pmd_t]
) -> Bool:
    """Move an entry that maps a huge page; tell whether the flush is still to come.

    Kernel: mm/huge_memory.c, v4.14
    Context: mmap_sem held for writing
    Deviates: one lock for all entries; the answer is a pointer to bool
    """
    force_flush = False
    assert pmd_none(pmdp_get(new_pmd))
    old_ptl = __pmd_trans_huge_lock(old_pmd, vma)
    assert old_ptl is not NULL
    pmd = pmdp_huge_get_and_clear(old_pmd)
    if has(MREMAP_FLUSH_DIRTY) and pmd_trans_huge(pmd) and pmd.dirty:
        force_flush = True
    set_pmd_at(new_pmd, pmd)
    if force_flush:
        flush_tlb_range(vma, old_addr, old_addr + PMD_SIZE)
    spin_unlock(old_ptl)
    return not force_flush


@kernel(before=MREMAP_FLUSH_PRESENT)
def move_ptes(
    pmc: Ref[pagetable_move_control], extent: vaddr_t, old_pmd: Ptr[pmd_t], new_pmd: Ptr[pmd_t]
) -> Bool:
    """Move entries from one table to another; tell whether the flush is still to come.

    Kernel: mm/mremap.c, v4.14
    Context: mmap_sem held for writing; may sleep
    Deviates: the answer is a pointer to bool. The first version of 5d1904204c99 looked at the dirty
        bit too early
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
        if not pte_none(ptep_get(old_pte + i)):
            pte = ptep_get_and_clear(old_pte + i)
            if has(MREMAP_FLUSH_DIRTY) and pte_present(pte) and pte.dirty:
                force_flush = True
            set_pte_at(new_pte + i, pte)
    if new_ptl != old_ptl:
        pte_unmap_unlock(new_ptl)
    if force_flush:
        flush_tlb_range(vma, pmc.old_addr, pmc.old_addr + extent)
    pte_unmap_unlock(old_ptl)
    if pmc.need_rmap_locks:
        drop_rmap_locks(vma)
    return not force_flush
