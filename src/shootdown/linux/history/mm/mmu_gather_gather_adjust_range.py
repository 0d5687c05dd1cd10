# SPDX-License-Identifier: GPL-2.0-only
"""The gather before v3.19: its range is given, and a flag says that a flush is due."""

from __future__ import annotations

from shootdown.hw.bounds import NR_VPN
from shootdown.lang import Ref, has, kernel
from shootdown.linux.bounds import CONFIG_MMU_GATHER_MERGE_VMAS
from shootdown.linux.features import GATHER_ADJUST_RANGE, GATHER_RANGE_GIVEN
from shootdown.linux.history.mm.mmu_gather import __tlb_remove_page
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_flush
from shootdown.linux.include.linux.mm_types import mm_struct, page, vm_area_struct
from shootdown.linux.mm.mmu_gather import (
    tlb_batch_list_free,
    tlb_flush_mmu_free,
    tlb_table_flush,
)

__all__ = [
    "tlb_end_vma",
    "tlb_finish_mmu",
    "tlb_flush_mmu",
    "tlb_flush_mmu_tlbonly",
    "tlb_gather_mmu",
    "tlb_remove_page_size",
]


@kernel(before=GATHER_ADJUST_RANGE)
def tlb_gather_mmu(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Begin an unmapping.

    Kernel: mm/memory.c, v3.15 (v3.6, where no range is given)
    Context: mmap_sem held
    Deviates: sd_gather_range() gives the range
    """
    tlb.mm = mm
    tlb.need_flush = False
    if not has(GATHER_RANGE_GIVEN):
        tlb.start = NR_VPN
        tlb.end = 0


@kernel(before=GATHER_ADJUST_RANGE)
def tlb_end_vma(tlb: Ref[mmu_gather], vma: Ref[vm_area_struct]) -> None:
    """End the zapping of a mapping: flush here, unless several mappings are flushed together.

    Kernel: arch/arm64/include/asm/tlb.h, v3.18; that of x86 is empty
    Context: mmap_sem held, no spinlock
    Deviates: the range is that of the gather
    """
    if not (CONFIG_MMU_GATHER_MERGE_VMAS or tlb.fullmm):
        tlb_flush(tlb)


@kernel(before=GATHER_ADJUST_RANGE)
def tlb_flush_mmu_tlbonly(tlb: Ref[mmu_gather]) -> None:
    """Flush the range of the gather, and free nothing.

    Kernel: mm/memory.c, v3.15, commit 1cf35d47712d
    Context: may be called with the ptl held
    Deviates: nothing
    """
    tlb.need_flush = False
    tlb_flush(tlb)
    tlb_table_flush(tlb)


@kernel(before=GATHER_ADJUST_RANGE)
def tlb_flush_mmu(tlb: Ref[mmu_gather]) -> None:
    """Flush, then free.

    Kernel: mm/memory.c, v3.15
    Context: no spinlock held
    Deviates: nothing
    """
    if not tlb.need_flush:
        return
    tlb_flush_mmu_tlbonly(tlb)
    tlb_flush_mmu_free(tlb)


@kernel(before=GATHER_ADJUST_RANGE)
def tlb_finish_mmu(tlb: Ref[mmu_gather]) -> None:
    """End an unmapping.

    Kernel: mm/memory.c, v3.15 (v3.6, where it is given the range to flush)
    Context: mmap_sem held
    Deviates: sd_gather_range() gives the range
    """
    if not has(GATHER_RANGE_GIVEN):
        tlb.start = tlb.range_start
        tlb.end = tlb.range_end
    tlb_flush_mmu(tlb)
    tlb_batch_list_free(tlb)


@kernel(before=GATHER_ADJUST_RANGE)
def tlb_remove_page_size(tlb: Ref[mmu_gather], page: Ref[page]) -> None:
    """Queue a huge page to be freed after the flush, and do both if the gather is full.

    Kernel: include/asm-generic/tlb.h, v3.15 (tlb_remove_page)
    Context: no spinlock held
    Deviates: nothing
    """
    if __tlb_remove_page(tlb, page) == 0:
        tlb_flush_mmu(tlb)
