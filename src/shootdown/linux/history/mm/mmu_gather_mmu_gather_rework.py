# SPDX-License-Identifier: GPL-2.0-only
"""The gather before v3.0: one a CPU, with preemption off from its begin to its end."""

from __future__ import annotations

from shootdown.lang import Ref, kernel
from shootdown.linux.bounds import MMU_GATHER_BUNDLE
from shootdown.linux.features import MMU_GATHER_REWORK
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable
from shootdown.linux.mm.mmu_gather import tlb_flush_mmu

__all__ = ["tlb_finish_mmu", "tlb_gather_mmu", "tlb_remove_page"]


@kernel(before=MMU_GATHER_REWORK)
def tlb_gather_mmu(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Begin an unmapping.

    Kernel: include/asm-generic/tlb.h, v2.6.39
    Context: mmap_sem held
    Deviates: the gather is the caller's and not the CPU's, which nobody can tell while preemption
        is off; several CPUs are online, so pages are queued
    """
    preempt_disable()
    tlb.mm = mm
    tlb.need_flush = False


@kernel
def tlb_remove_page(tlb: Ref[mmu_gather], page: Ref[page]) -> None:
    """Queue a page to be freed after the flush, and do both if the gather is full.

    Kernel: include/asm-generic/tlb.h, v2.6.39
    Context: ptl held
    Deviates: nothing
    """
    tlb.need_flush = True
    tlb.pages[tlb.nr] = page
    tlb.nr = tlb.nr + 1
    if tlb.nr >= MMU_GATHER_BUNDLE:
        tlb_flush_mmu(tlb)


@kernel(before=MMU_GATHER_REWORK)
def tlb_finish_mmu(tlb: Ref[mmu_gather]) -> None:
    """End an unmapping.

    Kernel: include/asm-generic/tlb.h, v2.6.39
    Context: mmap_sem held
    Deviates: nothing
    """
    tlb_flush_mmu(tlb)
    preempt_enable()
