# SPDX-License-Identifier: GPL-2.0-only
"""munmap() before v4.20: under mmap_sem, held for writing, from its begin to its end."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Ref, has, kernel, local, record, this_cpu
from shootdown.linux.features import GATHER_ADJUST_RANGE, MUNMAP_DOWNGRADE
from shootdown.linux.history.mm.mmu_gather import sd_gather_range
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct, task_struct, vm_area_struct
from shootdown.linux.include.linux.rwsem import down_write, up_write
from shootdown.linux.mm.memory import free_pgtables, unmap_vmas
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu
from shootdown.linux.mm.vma import find_vma, sd_ceiling, sd_detach_vma, sd_floor

__all__ = ["do_munmap", "sys_munmap", "unmap_region"]


@kernel(before=MUNMAP_DOWNGRADE)
def sys_munmap(addr: vaddr_t, len: vaddr_t) -> None:
    """Unmap the mapping of a range of the running task's address space.

    Kernel: mm/mmap.c, v3.15
    Context: user context, may sleep
    Deviates: nothing
    """
    mm = record(task_struct, this_cpu()).mm
    down_write(mm.mmap_lock)
    do_munmap(mm, addr, len)
    up_write(mm.mmap_lock)


@kernel
def do_munmap(mm: Ref[mm_struct], start: vaddr_t, len: vaddr_t) -> None:
    """Take the mapping of a range away.

    Kernel: mm/mmap.c, v3.15
    Context: mmap_sem held for writing; may sleep
    Deviates: the range is that of one mapping, which is not split; the record of the mapping is
        not used again
    """
    vma = find_vma(mm, start)
    if vma is NULL or vma.vm_start != start or vma.vm_end != start + len:
        return
    sd_detach_vma(vma)
    unmap_region(mm, vma, start, start + len)


@kernel
def unmap_region(
    mm: Ref[mm_struct], vma: Ref[vm_area_struct], start: vaddr_t, end: vaddr_t
) -> None:
    """Zap a mapping, free its tables, flush, and free its pages.

    Kernel: mm/mmap.c, v3.15
    Context: mmap_sem held for writing; may sleep
    Deviates: nothing
    """
    tlb = local(mmu_gather)
    tlb_gather_mmu(tlb, mm)
    if not has(GATHER_ADJUST_RANGE):
        sd_gather_range(tlb, start, end)
    unmap_vmas(tlb, vma, start, end)
    free_pgtables(tlb, vma, sd_floor(mm, start), sd_ceiling(mm, end))
    tlb_finish_mmu(tlb)
