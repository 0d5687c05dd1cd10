# SPDX-License-Identifier: GPL-2.0-only
"""The stack of a new program moves to its place."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ref, has, kernel, local
from shootdown.linux.features import GATHER_ADJUST_RANGE
from shootdown.linux.history.mm.mmu_gather import sd_gather_range
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.mm.internal import pagetable_move_control
from shootdown.linux.mm.memory import free_pgd_range
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu
from shootdown.linux.mm.mremap import move_page_tables
from shootdown.linux.mm.vma import sd_ceiling

__all__ = ["relocate_vma_down"]


@kernel
def relocate_vma_down(vma: Ref[vm_area_struct], shift: vaddr_t) -> None:
    """Move a mapping and its pages to lower addresses, and free the tables it no longer needs.

    Kernel: mm/vma_exec.c, v6.18 (shift_arg_pages of fs/exec.c before v6.12)
    Context: mmap_lock held for writing; may sleep
    Deviates: the range of the gather is the old one in all kernels that give one: v3.6 to v3.10
        begin at the new end
    """
    tlb = local(mmu_gather)
    old_start = vma.vm_start
    old_end = vma.vm_end
    new_start: vaddr_t = old_start - shift
    new_end: vaddr_t = old_end - shift
    pmc = local(pagetable_move_control)
    pmc.old = vma
    pmc.new = vma
    pmc.old_addr = old_start
    pmc.old_end = old_end
    pmc.new_addr = new_start
    vma.vm_start = new_start
    move_page_tables(pmc)
    tlb_gather_mmu(tlb, vma.vm_mm)
    if not has(GATHER_ADJUST_RANGE):
        sd_gather_range(tlb, old_start, old_end)
    ceiling = sd_ceiling(vma.vm_mm, old_end)
    if new_end > old_start:
        free_pgd_range(tlb, new_end, old_end, new_end, ceiling)
    else:
        free_pgd_range(tlb, old_start, old_end, new_end, ceiling)
    tlb_finish_mmu(tlb)
    vma.vm_end = new_end
