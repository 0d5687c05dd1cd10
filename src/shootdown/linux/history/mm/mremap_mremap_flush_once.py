# SPDX-License-Identifier: GPL-2.0-only
"""mremap() before v3.2: a flush for each page."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Bool, Ptr, Ref, has, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pmd_t,
    pte_lockptr,
    pte_none,
    pte_offset_map,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    set_pte_at,
)
from shootdown.linux.features import MREMAP_FLUSH_ONCE, NO_LOCKBREAK
from shootdown.linux.include.linux.spinlock import spin_lock
from shootdown.linux.mm.internal import pagetable_move_control
from shootdown.linux.mm.mremap import drop_rmap_locks, take_rmap_locks
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock, ptep_clear_flush

__all__ = ["move_ptes"]


@kernel(before=MREMAP_FLUSH_ONCE)
def move_ptes(
    pmc: Ref[pagetable_move_control], extent: vaddr_t, old_pmd: Ptr[pmd_t], new_pmd: Ptr[pmd_t]
) -> Bool:
    """Move entries from one table to another, and flush each; tell that no flush is to come.

    Kernel: mm/mremap.c, v2.6.39
    Context: mmap_sem held for writing; may sleep
    Deviates: nothing
    """
    vma = pmc.old
    if pmc.need_rmap_locks:
        take_rmap_locks(vma)
    if not has(NO_LOCKBREAK) and vma.vm_file is not NULL:
        pmc.new.vm_truncate_count = 0
    old_pte: Ptr[pte_t] = pte_offset_map_lock(old_pmd, pmc.old_addr)
    old_ptl = pte_lockptr(old_pte)
    new_pte: Ptr[pte_t] = pte_offset_map(new_pmd, pmc.new_addr)
    new_ptl = pte_lockptr(new_pte)
    if new_ptl != old_ptl:
        spin_lock(new_ptl)
    for i in range(extent):
        if not pte_none(ptep_get(old_pte + i)):
            set_pte_at(new_pte + i, ptep_clear_flush(vma, pmc.old_addr + i, old_pte + i))
    if new_ptl != old_ptl:
        pte_unmap_unlock(new_ptl)
    pte_unmap_unlock(old_ptl)
    if pmc.need_rmap_locks:
        drop_rmap_locks(vma)
    return False
