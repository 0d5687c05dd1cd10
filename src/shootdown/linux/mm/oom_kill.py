# SPDX-License-Identifier: GPL-2.0-only
"""The oom reaper: a kernel thread that takes the memory of a process that is to die anyway."""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel, local
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.mm.memory import unmap_page_range
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu

__all__ = ["__oom_reap_task_mm", "oom_reap_task_mm"]


@kernel
def oom_reap_task_mm(mm: Ref[mm_struct]) -> None:
    """Take the memory of a victim's address space, whose threads may still run.

    Kernel: mm/oom_kill.c, v6.18 (__oom_reap_task in v4.6)
    Context: kernel thread, may sleep
    Deviates: waits for mmap_lock, which the kernel tries ten times; does not ask whether
        exit_mmap() has begun, which then leaves no mappings to be found
    """
    mmap_read_lock(mm)
    __oom_reap_task_mm(mm)
    mmap_read_unlock(mm)


@kernel
def __oom_reap_task_mm(mm: Ref[mm_struct]) -> None:
    """Zap the mappings of private memory, one after the other.

    Kernel: mm/oom_kill.c, v6.18, commit 687cb0884a71
    Context: mmap_lock held; may sleep
    Deviates: no notifiers; the victim may fault in again what was reaped (no MMF_UNSTABLE)
    """
    tlb = local(mmu_gather)
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL and vma.vm_file is NULL:
            tlb_gather_mmu(tlb, mm)
            unmap_page_range(tlb, vma, vma.vm_start, vma.vm_end)
            tlb_finish_mmu(tlb)
