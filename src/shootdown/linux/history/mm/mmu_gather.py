# SPDX-License-Identifier: GPL-2.0-only
"""What the gather had before v4.8: counted room, ranges that are given, pages freed at once."""

from __future__ import annotations

from shootdown.hw.bounds import NR_CPUS, table_nr, vaddr_t
from shootdown.lang import Bool, Ref, has, kernel
from shootdown.linux.bounds import CONFIG_SMP, slots_t
from shootdown.linux.features import GATHER_RANGE_GIVEN, NO_TLB_FAST_MODE
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import page
from shootdown.linux.mm.mmu_gather import (
    sd_batch_max,
    sd_is_full,
    sd_take_slot,
    tlb_flush_mmu,
)
from shootdown.linux.mm.page_alloc import pagetable_free
from shootdown.linux.mm.swap import free_pages_and_swap_cache

__all__ = ["__tlb_remove_page", "sd_gather_range", "sd_queue_table", "tlb_fast_mode"]


@kernel
def __tlb_remove_page(tlb: Ref[mmu_gather], page: Ref[page]) -> slots_t:
    """Queue a page to be freed after the flush, and return for how many more there is room.

    Kernel: mm/memory.c, v3.15, commit e303297e6c3a
    Context: ptl held
    Deviates: nothing
    """
    if not has(NO_TLB_FAST_MODE) and tlb_fast_mode():
        free_pages_and_swap_cache(page)
        return 1
    tlb.pages[sd_take_slot(tlb)] = page
    assert tlb.nr[tlb.active] <= sd_batch_max(tlb.active)
    if sd_is_full(tlb):
        return 0
    return sd_batch_max(tlb.active) - tlb.nr[tlb.active]


@kernel(before=NO_TLB_FAST_MODE)
def sd_queue_table(tlb: Ref[mmu_gather], table: table_nr) -> None:
    """Queue a page table as if it were a page of data; flush and free if the gather is full now.

    Kernel: none
    Context: no spinlock held
    Deviates: stands for tlb_remove_page()
    """
    if tlb_fast_mode():
        pagetable_free(table)
        return
    tlb.tables[sd_take_slot(tlb)] = table + 1
    if sd_is_full(tlb):
        tlb_flush_mmu(tlb)


@kernel
def tlb_fast_mode() -> Bool:
    """Tell whether pages are freed at once: there is no other CPU that could use them.

    Kernel: include/asm-generic/tlb.h, v3.9
    Context: any
    Deviates: CPUs do not come and go, so the answer is not kept in the gather
    """
    return not CONFIG_SMP or NR_CPUS == 1


@kernel
def sd_gather_range(tlb: Ref[mmu_gather], start: vaddr_t, end: vaddr_t) -> None:
    """Give a gather the range to flush.

    Kernel: none
    Context: right after tlb_gather_mmu()
    Deviates: stands for arguments: of tlb_gather_mmu() from v3.11 to v3.18, of tlb_finish_mmu()
        before v3.11
    """
    if has(GATHER_RANGE_GIVEN):
        tlb.start = start
        tlb.end = end
    else:
        tlb.range_start = start
        tlb.range_end = end
