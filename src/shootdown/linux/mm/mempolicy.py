# SPDX-License-Identifier: GPL-2.0-only
"""NUMA balancing: pages become inaccessible for a while, to see from where they are used."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Ref, kernel, local, record, this_cpu
from shootdown.linux.arch.x86.include.asm.pgtable import pgprot_t
from shootdown.linux.bounds import PROTNONE
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm import MM_CP_PROT_NUMA
from shootdown.linux.include.linux.mm_types import task_struct, vm_area_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu
from shootdown.linux.mm.mprotect import change_protection_range
from shootdown.linux.mm.vma import find_vma

__all__ = ["change_prot_numa", "task_numa_work"]


@kernel
def task_numa_work(start: vaddr_t, end: vaddr_t) -> None:
    """Make a range of the running task's address space inaccessible until it is used.

    Kernel: kernel/sched/fair.c, v6.18
    Context: user context, may sleep
    Deviates: the range lies in one mapping, and is not chosen by what was scanned last; waits for
        mmap_lock (until v5.18 or so), where it gives up now
    """
    mm = record(task_struct, this_cpu()).mm
    mmap_read_lock(mm)
    vma = find_vma(mm, start)
    if vma is not NULL:
        change_prot_numa(vma, start, end)
    mmap_read_unlock(mm)


@kernel
def change_prot_numa(vma: Ref[vm_area_struct], addr: vaddr_t, end: vaddr_t) -> None:
    """Make the entries of a range inaccessible, and flush.

    Kernel: mm/mempolicy.c, v6.18
    Context: mmap_lock held for reading; may sleep
    Deviates: all pages, also those that are dirty and of a file (until v4.15); entries that are
        inaccessible already are not passed by; before v4.0 the mark is one of its own (_PAGE_NUMA)
    """
    assert PROTNONE
    tlb = local(mmu_gather)
    tlb_gather_mmu(tlb, vma.vm_mm)
    change_protection_range(tlb, vma, addr, end, pgprot_t(), MM_CP_PROT_NUMA)
    tlb_finish_mmu(tlb)
