# SPDX-License-Identifier: GPL-2.0-only
"""Pages move to other addresses of their address space."""

from __future__ import annotations

from shootdown.hw.bounds import LEVELS, vaddr_t
from shootdown.lang import Ptr, Ref, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    p4d_offset,
    pgd_offset,
    pmd_addr_end,
    pmd_none_or_clear_bad,
    pmd_offset,
    pmd_t,
    pte_lockptr,
    pte_offset_map,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    ptep_get_and_clear,
    pud_offset,
    set_pte_at,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm_range
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.include.linux.spinlock import spin_lock
from shootdown.linux.mm.memory_fault import sd_alloc_table
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending

__all__ = ["move_page_tables", "move_ptes", "sd_pmd"]


@kernel
def sd_pmd(mm: Ref[mm_struct], addr: vaddr_t) -> Ptr[pmd_t]:
    """Return the pmd entry for an address.

    Kernel: none
    Context: mmap_lock held for writing; may sleep
    Deviates: stands for get_old_pmd() and alloc_new_pmd(); upper tables are there
    """
    return pmd_offset(pud_offset(p4d_offset(pgd_offset(mm, addr), addr), addr), addr)


@kernel
def move_page_tables(
    vma: Ref[vm_area_struct], old_addr: vaddr_t, new_addr: vaddr_t, len: vaddr_t
) -> None:
    """Move the pages of a range to other addresses, a table at a time.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: entries move one by one, and never with their table; the new range lies in its tables
        as the old one does in its own
    """
    old_end: vaddr_t = old_addr + len
    while old_addr != old_end:
        next = pmd_addr_end(old_addr, old_end)
        old_pmd = sd_pmd(vma.vm_mm, old_addr)
        if not pmd_none_or_clear_bad(old_pmd):
            new_pmd = sd_pmd(vma.vm_mm, new_addr)
            if LEVELS >= 2:
                sd_alloc_table(vma.vm_mm, new_pmd, 1)
            move_ptes(vma, old_pmd, old_addr, next, new_pmd, new_addr)
        new_addr = new_addr + (next - old_addr)
        old_addr = next


@kernel
def move_ptes(
    vma: Ref[vm_area_struct],
    old_pmd: Ptr[pmd_t],
    old_addr: vaddr_t,
    old_end: vaddr_t,
    new_pmd: Ptr[pmd_t],
    new_addr: vaddr_t,
) -> None:
    """Move entries from one table to another, and flush where they were.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing
    Deviates: flushes under both locks, as since v4.20; before v3.2 each entry was flushed, from
        then on all of them without the locks. The locks of reverse-map walks
    """
    start = old_addr
    force_flush = False
    old_pte: Ptr[pte_t] = pte_offset_map_lock(old_pmd, old_addr)
    old_ptl = pte_lockptr(old_pte)
    new_pte: Ptr[pte_t] = pte_offset_map(new_pmd, new_addr)
    new_ptl = pte_lockptr(new_pte)
    if new_ptl != old_ptl:
        spin_lock(new_ptl)
    flush_tlb_batched_pending(vma.vm_mm)
    while True:
        if ptep_get(old_pte).present:
            force_flush = True
            set_pte_at(new_pte, ptep_get_and_clear(old_pte))
        old_addr = old_addr + 1
        if old_addr == old_end:
            break
        old_pte = old_pte + 1
        new_pte = new_pte + 1
    if force_flush:
        flush_tlb_mm_range(vma.vm_mm, start, old_end, False)
    if new_ptl != old_ptl:
        pte_unmap_unlock(new_ptl)
    pte_unmap_unlock(old_ptl)
