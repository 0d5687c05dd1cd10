# SPDX-License-Identifier: GPL-2.0-only
"""Who stores to which pages: they are made read-only, so that the next store faults."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, NR_VPN, vaddr_t
from shootdown.hw.events import write_protection_begun, write_protection_done
from shootdown.lang import NULL, Ptr, Ref, atomic, has, index, kernel, replace
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pmd_addr_end,
    pmd_t,
    pmdp_get,
    pmdp_huge_get_and_clear,
    pte_lockptr,
    pte_present,
    pte_t,
    pte_unmap_unlock,
    pte_wrprotect,
    ptep_get,
    ptep_modify_prot_commit,
    ptep_modify_prot_start,
    set_pmd_at,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.features import CLEAR_REFS_TAKEN_OUT, HUGE_CLEAR_REFS_INVALIDATED
from shootdown.linux.include.linux.mm_inline import dec_tlb_flush_pending, inc_tlb_flush_pending
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.include.linux.mmap_lock import mmap_write_lock, mmap_write_unlock
from shootdown.linux.include.linux.pgtable import pmd_trans_unstable
from shootdown.linux.include.linux.spinlock import spin_unlock
from shootdown.linux.mm.huge_memory_change import pmd_trans_huge_lock
from shootdown.linux.mm.page_vma_mapped import sd_walk_to_pmd
from shootdown.linux.mm.pgtable_generic import pmdp_invalidate, pte_offset_map_lock

__all__ = [
    "clear_refs_pte_range",
    "clear_refs_write",
    "clear_soft_dirty",
    "clear_soft_dirty_pmd",
    "sd_clear_soft_dirty",
    "sd_walk_mappings",
]


@kernel
def sd_clear_soft_dirty(mm: Ref[mm_struct]) -> None:
    """Begin to watch for stores to an address space.

    Kernel: none
    Context: user context of another process, may sleep
    Deviates: stands for a write of 4 to /proc/PID/clear_refs
    """
    with atomic():
        write_protection_begun(index(mm.pgd), 0, NR_VPN)
    clear_refs_write(mm)
    with atomic():
        write_protection_done(index(mm.pgd), 0, NR_VPN)


@kernel
def clear_refs_write(mm: Ref[mm_struct]) -> None:
    """Make all entries of an address space read-only, and flush.

    Kernel: fs/proc/task_mmu.c, v6.18, commit 912efa17e512
    Context: may sleep
    Deviates: the soft-dirty bits themselves; no notifiers
    """
    mmap_write_lock(mm)
    inc_tlb_flush_pending(mm)
    sd_walk_mappings(mm)
    flush_tlb_mm(mm)
    dec_tlb_flush_pending(mm)
    mmap_write_unlock(mm)


@kernel
def sd_walk_mappings(mm: Ref[mm_struct]) -> None:
    """Visit the tables of all mappings.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: stands for walk_page_range()
    """
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL:
            sd_walk_mapping(vma)


@kernel
def sd_walk_mapping(vma: Ref[vm_area_struct]) -> None:
    """Visit the tables of a mapping.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: stands for walk_page_range()
    """
    addr: vaddr_t = vma.vm_start
    while addr != vma.vm_end:
        next = pmd_addr_end(addr, vma.vm_end)
        pmd = sd_walk_to_pmd(vma.vm_mm, addr)
        if pmd is not NULL:
            clear_refs_pte_range(vma, pmd, addr, next)
        addr = next


@kernel
def clear_refs_pte_range(
    vma: Ref[vm_area_struct], pmd: Ptr[pmd_t], addr: vaddr_t, end: vaddr_t
) -> None:
    """Make the entries of one table read-only, or that of a huge page.

    Kernel: fs/proc/task_mmu.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: nothing to do for swap entries; before v4.0, huge pages are split
    """
    if CONFIG_TRANSPARENT_HUGEPAGE:
        huge_ptl = pmd_trans_huge_lock(pmd, vma)
        if huge_ptl is not NULL:
            clear_soft_dirty_pmd(vma, addr, pmd)
            spin_unlock(huge_ptl)
            return
        if pmd_trans_unstable(pmd):
            return
    pte = pte_offset_map_lock(pmd, addr)
    ptl = pte_lockptr(pte)
    for i in range(end - addr):
        clear_soft_dirty(pte + i)
    pte_unmap_unlock(ptl)


@kernel
def clear_soft_dirty(pte: Ptr[pte_t]) -> None:
    """Make an entry read-only, so that the next store faults.

    Kernel: fs/proc/task_mmu.c, v6.18
    Context: ptl held
    Deviates: the soft-dirty bit itself
    """
    if pte_present(ptep_get(pte)):
        old_pte = ptep_modify_prot_start(pte) if has(CLEAR_REFS_TAKEN_OUT) else ptep_get(pte)
        ptep_modify_prot_commit(pte, pte_wrprotect(old_pte))


@kernel
def clear_soft_dirty_pmd(vma: Ref[vm_area_struct], addr: vaddr_t, pmdp: Ptr[pmd_t]) -> None:
    """Make the entry of a huge page read-only, so that the next store faults.

    Kernel: fs/proc/task_mmu.c, v6.18, commit 5b7abeae3af8
    Context: ptl held
    Deviates: the soft-dirty bit itself
    """
    pmd = pmdp_get(pmdp)
    old = sd_stop_accesses(vma, addr, pmdp)
    accessed = pmd.accessed or old.accessed
    dirty = pmd.dirty or old.dirty
    set_pmd_at(pmdp, replace(pte_wrprotect(pmd), accessed=accessed, dirty=dirty))


@kernel
def sd_stop_accesses(vma: Ref[vm_area_struct], addr: vaddr_t, pmdp: Ptr[pmd_t]) -> pmd_t:
    """Let CPUs set no bits any more in an entry that is to be changed; return those it has.

    Kernel: none
    Context: ptl held
    Deviates: a part of clear_soft_dirty_pmd(); before v4.4 nothing is done
    """
    if has(HUGE_CLEAR_REFS_INVALIDATED):
        return pmdp_invalidate(vma, addr, pmdp)
    if has(CLEAR_REFS_TAKEN_OUT):
        return pmdp_huge_get_and_clear(pmdp)
    return pmdp_get(pmdp)
