# SPDX-License-Identifier: GPL-2.0-only
"""The gather as commit d16dfc550f53 (v3.0) made it: a bundle on the stack, or a page instead."""

from __future__ import annotations

from shootdown.lang import NULL, Bool, Ref, kernel
from shootdown.linux.bounds import (
    MAX_GATHER_BATCH,
    MMU_GATHER_BUNDLE,
    NR_GATHER_BATCHES,
    slots_t,
)
from shootdown.linux.features import MMU_GATHER_EXTENDED_BATCHES
from shootdown.linux.history.mm.mmu_gather import tlb_fast_mode
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_flush
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.mm.mmu_gather import (
    sd_free_slot,
    sd_take_slot,
    tlb_batch_list_free,
    tlb_table_flush,
)
from shootdown.linux.mm.page_alloc import __get_free_page
from shootdown.linux.mm.swap import free_pages_and_swap_cache

__all__ = [
    "__tlb_alloc_page",
    "__tlb_remove_page",
    "sd_is_full",
    "tlb_finish_mmu",
    "tlb_flush_mmu",
    "tlb_gather_mmu",
]


@kernel(before=MMU_GATHER_EXTENDED_BATCHES)
def tlb_gather_mmu(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Begin an unmapping.

    Kernel: include/asm-generic/tlb.h, commit d16dfc550f53
    Context: mmap_sem held
    Deviates: need_flush begins cleared, which the kernel forgot; at worst it flushes once too often
    """
    tlb.mm = mm
    tlb.need_flush = False
    tlb.max = MMU_GATHER_BUNDLE
    if not tlb_fast_mode():
        __tlb_alloc_page(tlb)


@kernel
def __tlb_alloc_page(tlb: Ref[mmu_gather]) -> None:
    """Ask for a page to queue pages in, and use it instead of the bundle.

    Kernel: include/asm-generic/tlb.h, commit d16dfc550f53
    Context: any; nothing is queued
    Deviates: no page can be had if NR_GATHER_BATCHES is 0
    """
    if NR_GATHER_BATCHES > 0:
        batch = __get_free_page()
        if batch is not NULL:
            tlb.batch_page[1] = batch
            tlb.batch_count = 1
            tlb.max = MAX_GATHER_BATCH


@kernel(before=MMU_GATHER_EXTENDED_BATCHES)
def __tlb_remove_page(tlb: Ref[mmu_gather], page: Ref[page]) -> slots_t:
    """Queue a page to be freed after the flush, and return for how many more there is room.

    Kernel: include/asm-generic/tlb.h, commit d16dfc550f53
    Context: ptl held
    Deviates: nothing
    """
    tlb.need_flush = True
    if tlb_fast_mode():
        free_pages_and_swap_cache(page)
        return 1
    tlb.pages[sd_take_slot(tlb)] = page
    assert tlb.nr[0] <= tlb.max
    return tlb.max - tlb.nr[0]


@kernel(before=MMU_GATHER_EXTENDED_BATCHES)
def sd_is_full(tlb: Ref[mmu_gather]) -> Bool:
    """Tell whether there is no room for one page more, now that one was queued.

    Kernel: none
    Context: any
    Deviates: stands in tlb_remove_page() in the kernel
    """
    return tlb.nr[0] == tlb.max


@kernel(before=MMU_GATHER_EXTENDED_BATCHES)
def tlb_flush_mmu(tlb: Ref[mmu_gather]) -> None:
    """Flush, then free; and ask for a page if the gather has none, now that there may be some.

    Kernel: include/asm-generic/tlb.h, commit d16dfc550f53
    Context: no page-table lock held
    Deviates: nothing
    """
    if not tlb.need_flush:
        return
    tlb.need_flush = False
    tlb_flush(tlb)
    tlb_table_flush(tlb)
    if tlb_fast_mode():
        return
    for slot in range(tlb.nr[0]):
        sd_free_slot(tlb, slot)
    tlb.nr[0] = 0
    if tlb.batch_count == 0:
        __tlb_alloc_page(tlb)


@kernel(before=MMU_GATHER_EXTENDED_BATCHES)
def tlb_finish_mmu(tlb: Ref[mmu_gather]) -> None:
    """End an unmapping.

    Kernel: include/asm-generic/tlb.h, commit d16dfc550f53
    Context: mmap_sem held
    Deviates: nothing
    """
    tlb_flush_mmu(tlb)
    tlb_batch_list_free(tlb)
