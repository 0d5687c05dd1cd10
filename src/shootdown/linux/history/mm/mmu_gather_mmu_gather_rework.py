# SPDX-License-Identifier: GPL-2.0-only
"""The gather before v3.0: one a CPU, with preemption off from its begin to its end."""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel
from shootdown.linux.bounds import FREE_PTE_NR
from shootdown.linux.features import MMU_GATHER_REWORK
from shootdown.linux.history.mm.mmu_gather import tlb_fast_mode
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_flush
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable
from shootdown.linux.mm.mmu_gather import sd_free_slot, sd_take_slot
from shootdown.linux.mm.swap import free_pages_and_swap_cache

__all__ = [
    "sd_is_full",
    "tlb_finish_mmu",
    "tlb_flush_mmu",
    "tlb_gather_mmu",
    "tlb_remove_page",
    "tlb_remove_page_size",
]


@kernel(before=MMU_GATHER_REWORK)
def tlb_gather_mmu(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Begin an unmapping.

    Kernel: include/asm-generic/tlb.h, v2.6.39
    Context: mmap_sem held
    Deviates: the gather is the caller's and not the CPU's, which nobody can tell while preemption
        is off
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
    if tlb_fast_mode():
        free_pages_and_swap_cache(page)
        return
    tlb.pages[sd_take_slot(tlb)] = page
    if sd_is_full(tlb):
        tlb_flush_mmu(tlb)


@kernel(before=MMU_GATHER_REWORK)
def sd_is_full(tlb: Ref[mmu_gather]) -> Bool:
    """Tell whether there is no room for one page more, now that one was queued.

    Kernel: none
    Context: any
    Deviates: stands in tlb_remove_page() in the kernel
    """
    return tlb.nr[0] >= FREE_PTE_NR


@kernel(before=MMU_GATHER_REWORK)
def tlb_flush_mmu(tlb: Ref[mmu_gather]) -> None:
    """Flush, then free.

    Kernel: include/asm-generic/tlb.h, v2.6.39
    Context: preemption disabled; under the ptl when the gather is full
    Deviates: nothing
    """
    if not tlb.need_flush:
        return
    tlb.need_flush = False
    tlb_flush(tlb)
    if tlb_fast_mode():
        return
    for slot in range(tlb.nr[0]):
        sd_free_slot(tlb, slot)
    tlb.nr[0] = 0


@kernel(before=MMU_GATHER_REWORK)
def tlb_finish_mmu(tlb: Ref[mmu_gather]) -> None:
    """End an unmapping.

    Kernel: include/asm-generic/tlb.h, v2.6.39
    Context: mmap_sem held
    Deviates: nothing
    """
    tlb_flush_mmu(tlb)
    preempt_enable()


@kernel(before=MMU_GATHER_REWORK)
def tlb_remove_page_size(tlb: Ref[mmu_gather], page: Ref[page]) -> None:
    """Queue a huge page to be freed after the flush, and do both if the gather is full.

    Kernel: include/asm-generic/tlb.h, v2.6.39 (tlb_remove_page)
    Context: preemption disabled
    Deviates: nothing
    """
    tlb_remove_page(tlb, page)
