# SPDX-License-Identifier: GPL-2.0-only
"""Zap before 97a894136f29 (v3.0): it looks around after ZAP_BLOCK_SIZE pages, and not before."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Bool, Ref, choose, has, kernel
from shootdown.linux.bounds import ZAP_BLOCK_SIZE
from shootdown.linux.features import MMU_GATHER_REWORK, NO_LOCKBREAK
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.include.linux.sched import cond_resched
from shootdown.linux.mm.memory import unmap_single_vma
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu

__all__ = ["sd_need_break", "sd_unmap_vmas", "unmap_vmas"]


@kernel(before=NO_LOCKBREAK)
def unmap_vmas(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], start_addr: vaddr_t, end_addr: vaddr_t
) -> None:
    """Zap a range of mappings, all of it.

    Kernel: mm/memory.c, v2.6.39, and commit d16dfc550f53
    Context: mmap_sem held; may sleep
    Deviates: one mapping; no notifiers
    """
    sd_unmap_vmas(tlb, vma, start_addr, end_addr, False)


@kernel
def sd_unmap_vmas(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    start_addr: vaddr_t,
    end_addr: vaddr_t,
    i_mmap_lock: Bool,
) -> vaddr_t:
    """Zap a range a block at a time; before v3.0, each has a gather of its own. Return the end.

    With the lock of a file's mappings held, the end may be that of a block; then, before v3.0, no
    gather is left (tlb.mm).

    Kernel: none
    Context: mmap_sem held, or the lock of a file's mappings; may sleep without the latter
    Deviates: stands for unmap_vmas(), which looks for the lock in its zap_details; entries that map
        nothing count for a block as others do, and not for the 4096th part
    """
    start = start_addr
    while start < end_addr:
        is_block = end_addr - start >= ZAP_BLOCK_SIZE
        end: vaddr_t = start + ZAP_BLOCK_SIZE if is_block else end_addr
        unmap_single_vma(tlb, vma, start, end)
        start = end
        if is_block and not has(MMU_GATHER_REWORK):
            tlb_finish_mmu(tlb)
        if is_block and i_mmap_lock:
            if sd_need_break():
                tlb.mm = tlb.mm if has(MMU_GATHER_REWORK) else NULL
                return start
        elif is_block:
            cond_resched()
        if is_block and not has(MMU_GATHER_REWORK):
            tlb_gather_mmu(tlb, vma.vm_mm)
    return start


@kernel
def sd_need_break() -> Bool:
    """Tell whether another task should have the CPU, or waits for the lock of the file's mappings.

    Kernel: none
    Context: the lock of the file's mappings held
    Deviates: stands for need_resched() and spin_needbreak(), of which either may be so at any time
    """
    return choose(2) == 1
