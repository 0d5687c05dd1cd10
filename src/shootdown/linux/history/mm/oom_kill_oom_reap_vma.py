# SPDX-License-Identifier: GPL-2.0-only
"""The oom reaper before v4.15: one gather for the whole address space."""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel, local
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.features import OOM_REAP_VMA
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.mm.memory import unmap_page_range
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu_fullmm

__all__ = ["__oom_reap_task_mm"]


@kernel(before=OOM_REAP_VMA)
def __oom_reap_task_mm(mm: Ref[mm_struct]) -> None:
    """Zap the mappings of private memory together, as if nobody used the address space any more.

    Kernel: mm/oom_kill.c, v4.14, commit aac453635549
    Context: mmap_sem held; may sleep
    Deviates: no notifiers; the victim may fault in again what was reaped (no MMF_UNSTABLE); x86
        reads and clears an entry in two steps for a whole address space, and loses a dirty bit that
        is set in between, of memory that is thrown away
    """
    tlb = local(mmu_gather)
    tlb_gather_mmu_fullmm(tlb, mm)
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL and vma.vm_file is NULL:
            unmap_page_range(tlb, vma, vma.vm_start, vma.vm_end)
    tlb_finish_mmu(tlb)
