# SPDX-License-Identifier: GPL-2.0-only
"""The gather's life: begin, queue, flush, free, end."""

from __future__ import annotations

from shootdown.lang import NULL, Bool, Ref, atomic, has, kernel
from shootdown.linux.bounds import MMU_GATHER_BUNDLE
from shootdown.linux.features import TLB_FLUSH_NESTED, ZAP_FOLIO_BATCH
from shootdown.linux.include.asm_generic.tlb import __tlb_reset_range, mmu_gather, tlb_flush
from shootdown.linux.include.linux.mm_types import mm_struct, page, vm_area_struct
from shootdown.linux.mm.page_alloc import pagetable_free
from shootdown.linux.mm.rmap import folio_remove_rmap_ptes
from shootdown.linux.mm.swap import free_pages_and_swap_cache

__all__ = [
    "__tlb_remove_page_size",
    "tlb_finish_mmu",
    "tlb_flush_mmu",
    "tlb_flush_mmu_free",
    "tlb_flush_mmu_tlbonly",
    "tlb_flush_rmaps",
    "tlb_gather_mmu",
    "tlb_gather_mmu_fullmm",
    "tlb_table_flush",
]


@kernel
def tlb_gather_mmu(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Begin an unmapping.

    Kernel: mm/mmu_gather.c, v6.18
    Context: mmap_lock held
    Deviates: the gather has its bundle only; asking for a page more never succeeds
    """
    tlb.mm = mm
    tlb.fullmm = False
    __tlb_reset_range(tlb)
    if has(TLB_FLUSH_NESTED):
        with atomic():
            mm.tlb_flush_pending = mm.tlb_flush_pending + 1


@kernel
def tlb_gather_mmu_fullmm(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Begin the unmapping of an address space that has no threads any more.

    Kernel: mm/mmu_gather.c, v6.18 (an argument of tlb_gather_mmu before v5.12)
    Context: mmap_lock held
    Deviates: entries are taken out one by one all the same
    """
    tlb_gather_mmu(tlb, mm)
    tlb.fullmm = True
    __tlb_reset_range(tlb)


@kernel
def __tlb_remove_page_size(tlb: Ref[mmu_gather], page: Ref[page], delay_rmap: Bool) -> Bool:
    """Queue a page to be freed after the flush, and tell whether the gather is full now.

    Kernel: mm/mmu_gather.c, v6.18
    Context: ptl held
    Deviates: runs of pages of one folio (v6.9); but the slot they reserve is taken
    """
    tlb.pages[tlb.nr] = page
    tlb.delay_rmap[tlb.nr] = delay_rmap
    tlb.nr = tlb.nr + 1
    reserved = 1 if has(ZAP_FOLIO_BATCH) else 0
    return tlb.nr >= MMU_GATHER_BUNDLE - reserved


@kernel
def tlb_flush_mmu_tlbonly(tlb: Ref[mmu_gather]) -> None:
    """Flush what was cleared, and free nothing.

    Kernel: mm/mmu_gather.c, v6.18, commit 1cf35d47712d
    Context: may be called with the ptl held
    Deviates: nothing
    """
    if not (tlb.freed_tables or tlb.cleared_ptes):
        return
    tlb_flush(tlb)
    __tlb_reset_range(tlb)


@kernel
def tlb_flush_rmaps(tlb: Ref[mmu_gather], vma: Ref[vm_area_struct]) -> None:
    """Let the flushed pages that still count as mapped do so no longer.

    Kernel: mm/mmu_gather.c, v6.18, commit 5df397dec7c4
    Context: ptl held
    Deviates: nothing
    """
    if not tlb.delayed_rmap:
        return
    for i in range(tlb.nr):
        if tlb.delay_rmap[i]:
            folio_remove_rmap_ptes(tlb.pages[i])
    tlb.delayed_rmap = False


@kernel
def tlb_flush_mmu_free(tlb: Ref[mmu_gather]) -> None:
    """Free what was flushed.

    Kernel: mm/mmu_gather.c, v6.18, commit 1cf35d47712d
    Context: no spinlock held
    Deviates: nothing
    """
    tlb_table_flush(tlb)
    for i in range(tlb.nr):
        free_pages_and_swap_cache(tlb.pages[i])
        tlb.pages[i] = NULL
        tlb.delay_rmap[i] = False
    tlb.nr = 0


@kernel
def tlb_table_flush(tlb: Ref[mmu_gather]) -> None:
    """Free the tables that were unlinked and flushed.

    Kernel: mm/mmu_gather.c, v6.18
    Context: no spinlock held
    Deviates: they do not wait for RCU, which only protects software that walks without locks
    """
    for i in range(tlb.nr_tables):
        pagetable_free(tlb.tables[i])
        tlb.tables[i] = 0
    tlb.nr_tables = 0


@kernel
def tlb_flush_mmu(tlb: Ref[mmu_gather]) -> None:
    """Flush, then free.

    Kernel: mm/mmu_gather.c, v6.18
    Context: no spinlock held
    Deviates: nothing
    """
    tlb_flush_mmu_tlbonly(tlb)
    tlb_flush_mmu_free(tlb)


@kernel
def tlb_finish_mmu(tlb: Ref[mmu_gather]) -> None:
    """End an unmapping.

    Kernel: mm/mmu_gather.c, v6.18
    Context: mmap_lock held
    Deviates: nothing
    """
    if has(TLB_FLUSH_NESTED) and tlb.mm.tlb_flush_pending > 1:
        tlb.fullmm = True
        __tlb_reset_range(tlb)
        tlb.freed_tables = True
    tlb_flush_mmu(tlb)
    if has(TLB_FLUSH_NESTED):
        with atomic():
            tlb.mm.tlb_flush_pending = tlb.mm.tlb_flush_pending - 1
