# SPDX-License-Identifier: GPL-2.0-only
"""The gather's life: begin, queue, flush, free, end."""

from __future__ import annotations

from shootdown.hw.bounds import table_nr
from shootdown.lang import NULL, Bool, Ref, atomic, choose, has, kernel
from shootdown.linux.bounds import (
    MAX_GATHER_BATCH,
    MAX_GATHER_BATCH_COUNT,
    MAX_TABLE_BATCH,
    MMU_GATHER_BUNDLE,
    NR_GATHER_BATCHES,
    TABLE_BATCH_PAGE,
    batch_t,
    slots_t,
)
from shootdown.linux.features import (
    GATHER_ADJUST_RANGE,
    GATHER_BATCH_CAP,
    TLB_FLUSH_NESTED,
    TLB_TABLE_INVALIDATE,
    ZAP_FOLIO_BATCH,
)
from shootdown.linux.include.asm_generic.tlb import __tlb_reset_range, mmu_gather, tlb_flush
from shootdown.linux.include.linux.mm_types import mm_struct, page, vm_area_struct
from shootdown.linux.kernel.rcu import sd_wait_for_irqs_on
from shootdown.linux.mm.page_alloc import __get_free_page, free_unref_page, pagetable_free
from shootdown.linux.mm.rmap import folio_remove_rmap_ptes
from shootdown.linux.mm.swap import free_pages_and_swap_cache

__all__ = [
    "__tlb_remove_page_size",
    "sd_batch_max",
    "sd_batch_table",
    "sd_free_slot",
    "sd_is_full",
    "sd_take_slot",
    "tlb_batch_list_free",
    "tlb_batch_pages_flush",
    "tlb_finish_mmu",
    "tlb_flush_mmu",
    "tlb_flush_mmu_free",
    "tlb_flush_mmu_tlbonly",
    "tlb_flush_rmaps",
    "tlb_gather_mmu",
    "tlb_gather_mmu_fullmm",
    "tlb_next_batch",
    "tlb_remove_page_size",
    "tlb_remove_table",
    "tlb_remove_table_one",
    "tlb_table_flush",
]


@kernel
def tlb_gather_mmu(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Begin an unmapping.

    Kernel: mm/mmu_gather.c, v6.18
    Context: mmap_lock held
    Deviates: nothing
    """
    tlb.mm = mm
    tlb.fullmm = False
    __tlb_reset_range(tlb)
    if has(TLB_FLUSH_NESTED):
        with atomic():
            mm.tlb_flush_pending = mm.tlb_flush_pending + 1


@kernel
def tlb_gather_mmu_fullmm(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Begin to unmap all of an address space that nobody uses any more.

    Kernel: mm/mmu_gather.c, v6.18 (an argument of tlb_gather_mmu() before v5.12)
    Context: may sleep
    Deviates: nothing
    """
    tlb_gather_mmu(tlb, mm)
    tlb.fullmm = True
    if has(GATHER_ADJUST_RANGE):
        __tlb_reset_range(tlb)


@kernel
def sd_batch_max(batch: batch_t) -> slots_t:
    """Return how many pages a batch holds.

    Kernel: none
    Context: any
    Deviates: stands for mmu_gather_batch::max
    """
    return MMU_GATHER_BUNDLE if batch == 0 else MAX_GATHER_BATCH


@kernel
def sd_first_slot(batch: batch_t) -> slots_t:
    """Return where a batch begins.

    Kernel: none
    Context: any
    Deviates: stands for a walk through the list of batches
    """
    return 0 if batch == 0 else MMU_GATHER_BUNDLE + (batch - 1) * MAX_GATHER_BATCH


@kernel
def tlb_next_batch(tlb: Ref[mmu_gather]) -> Bool:
    """Find room for more pages, and tell whether there is some.

    Kernel: mm/mmu_gather.c, v6.18
    Context: ptl held
    Deviates: at most NR_GATHER_BATCHES pages can be had
    """
    if tlb.delayed_rmap and tlb.active != 0:
        return False
    if tlb.active < tlb.batch_count:
        tlb.active = tlb.active + 1
        return True
    if has(GATHER_BATCH_CAP) and tlb.batch_count >= MAX_GATHER_BATCH_COUNT:
        return False
    if tlb.batch_count == NR_GATHER_BATCHES:
        return False
    batch = __get_free_page()
    if batch is NULL:
        return False
    tlb.batch_count = tlb.batch_count + 1
    tlb.batch_page[tlb.batch_count] = batch
    tlb.active = tlb.batch_count
    return True


@kernel
def sd_take_slot(tlb: Ref[mmu_gather]) -> slots_t:
    """Return the next slot of the gather, taken.

    Kernel: none
    Context: any
    Deviates: stands for batch->nr++
    """
    batch = tlb.active
    slot: slots_t = sd_first_slot(batch) + tlb.nr[batch]
    tlb.nr[batch] = tlb.nr[batch] + 1
    return slot


@kernel
def sd_is_full(tlb: Ref[mmu_gather]) -> Bool:
    """Tell whether there is no room for one page more, now that one was queued.

    Kernel: none
    Context: any
    Deviates: stands in __tlb_remove_page_size() in the kernel
    """
    reserved = 1 if has(ZAP_FOLIO_BATCH) else 0
    if tlb.nr[tlb.active] >= sd_batch_max(tlb.active) - reserved:
        return not tlb_next_batch(tlb)
    return False


@kernel
def __tlb_remove_page_size(tlb: Ref[mmu_gather], page: Ref[page], delay_rmap: Bool) -> Bool:
    """Queue a page to be freed after the flush, and tell whether the gather is full now.

    Kernel: mm/mmu_gather.c, v6.18
    Context: ptl held
    Deviates: runs of pages of one folio (v6.9); but a slot is reserved for their number
    """
    slot = sd_take_slot(tlb)
    tlb.pages[slot] = page
    tlb.delay_rmap[slot] = delay_rmap
    return sd_is_full(tlb)


@kernel
def tlb_remove_page_size(tlb: Ref[mmu_gather], page: Ref[page]) -> None:
    """Queue a huge page to be freed after the flush, and do both if the gather is full.

    Kernel: include/asm-generic/tlb.h, v6.18
    Context: no spinlock held
    Deviates: a gather may hold pages of different sizes (tlb_change_page_size)
    """
    if __tlb_remove_page_size(tlb, page, False):
        tlb_flush_mmu(tlb)


@kernel
def tlb_flush_mmu_tlbonly(tlb: Ref[mmu_gather]) -> None:
    """Flush what was cleared, and free nothing.

    Kernel: mm/mmu_gather.c, v6.18, commit 1cf35d47712d
    Context: may be called with the ptl held
    Deviates: nothing
    """
    if not (tlb.freed_tables or tlb.cleared_ptes or tlb.cleared_pmds):
        return
    tlb_flush(tlb)
    __tlb_reset_range(tlb)


@kernel
def tlb_flush_rmaps(tlb: Ref[mmu_gather], vma: Ref[vm_area_struct]) -> None:
    """Let the flushed pages that still count as mapped do so no longer.

    Only the first batch and the active one can have some: tlb_next_batch() sees to that.

    Kernel: mm/mmu_gather.c, v6.18, commit 5df397dec7c4
    Context: ptl held
    Deviates: nothing
    """
    if not tlb.delayed_rmap:
        return
    tlb_flush_rmap_batch(tlb, 0)
    if tlb.active != 0:
        tlb_flush_rmap_batch(tlb, tlb.active)
    tlb.delayed_rmap = False


@kernel
def tlb_flush_rmap_batch(tlb: Ref[mmu_gather], batch: batch_t) -> None:
    """Let the pages of a batch that still count as mapped do so no longer.

    Kernel: mm/mmu_gather.c, v6.18
    Context: ptl held
    Deviates: nothing
    """
    first = sd_first_slot(batch)
    for i in range(tlb.nr[batch]):
        if tlb.delay_rmap[first + i]:
            folio_remove_rmap_ptes(tlb.pages[first + i])


@kernel
def tlb_flush_mmu_free(tlb: Ref[mmu_gather]) -> None:
    """Free what was flushed.

    Kernel: mm/mmu_gather.c, v6.18, commit 1cf35d47712d
    Context: no spinlock held
    Deviates: nothing
    """
    if has(TLB_TABLE_INVALIDATE):
        tlb_table_flush(tlb)
    tlb_batch_pages_flush(tlb)


@kernel
def tlb_batch_pages_flush(tlb: Ref[mmu_gather]) -> None:
    """Free the pages of all batches, and keep the batches.

    Kernel: mm/mmu_gather.c, v6.18
    Context: no spinlock held
    Deviates: others do not run in between
    """
    for batch in range(tlb.batch_count + 1):
        first = sd_first_slot(batch)
        for i in range(tlb.nr[batch]):
            sd_free_slot(tlb, first + i)
        tlb.nr[batch] = 0
    tlb.active = 0


@kernel
def sd_free_slot(tlb: Ref[mmu_gather], slot: slots_t) -> None:
    """Free what a slot holds: a page, or a page table.

    Kernel: none
    Context: any
    Deviates: tables are pages in the kernel
    """
    if tlb.tables[slot] != 0:
        pagetable_free(tlb.tables[slot] - 1)
        tlb.tables[slot] = 0
    else:
        free_pages_and_swap_cache(tlb.pages[slot])
        tlb.pages[slot] = NULL
        tlb.delay_rmap[slot] = False


@kernel
def tlb_remove_table(tlb: Ref[mmu_gather], table: table_nr) -> None:
    """Free a page table after the flush, and when no walk without locks is in it.

    Kernel: mm/mmu_gather.c, v6.18
    Context: no spinlock held
    Deviates: nothing
    """
    sd_batch_table(tlb, table)


@kernel
def sd_batch_table(tlb: Ref[mmu_gather], table: table_nr) -> None:
    """Queue a page table, or free it now if it cannot be queued.

    Kernel: none
    Context: no spinlock held
    Deviates: stands in tlb_remove_table() in the kernel
    """
    if not tlb.has_table_batch:
        if not sd_table_batch_page():
            if has(TLB_TABLE_INVALIDATE):
                tlb_flush_mmu_tlbonly(tlb)
            tlb_remove_table_one(table)
            return
        tlb.has_table_batch = True
    tlb.table_batch[tlb.table_batch_nr] = table
    tlb.table_batch_nr = tlb.table_batch_nr + 1
    if tlb.table_batch_nr == MAX_TABLE_BATCH:
        tlb_table_flush(tlb)


@kernel
def sd_table_batch_page() -> Bool:
    """Tell whether there is a page to queue tables in.

    Kernel: none
    Context: any
    Deviates: stands for __get_free_page(GFP_NOWAIT); takes no page
    """
    if TABLE_BATCH_PAGE == 2:
        return choose(2) == 1
    return TABLE_BATCH_PAGE == 1


@kernel
def tlb_remove_table_one(table: table_nr) -> None:
    """Free a page table when no walk without locks is in it.

    Kernel: mm/mmu_gather.c, v6.18
    Context: no spinlock held
    Deviates: nothing
    """
    sd_wait_for_irqs_on()
    pagetable_free(table)


@kernel
def tlb_table_flush(tlb: Ref[mmu_gather]) -> None:
    """Free the queued tables when no walk without locks is in one of them.

    Kernel: mm/mmu_gather.c, v6.18
    Context: any
    Deviates: this task waits for RCU
    """
    if not tlb.has_table_batch:
        return
    tlb.has_table_batch = False
    if has(TLB_TABLE_INVALIDATE):
        tlb_flush_mmu_tlbonly(tlb)
    sd_wait_for_irqs_on()
    for i in range(tlb.table_batch_nr):
        pagetable_free(tlb.table_batch[i])
        tlb.table_batch[i] = 0
    tlb.table_batch_nr = 0


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
    tlb_batch_list_free(tlb)
    if has(TLB_FLUSH_NESTED):
        with atomic():
            tlb.mm.tlb_flush_pending = tlb.mm.tlb_flush_pending - 1


@kernel
def tlb_batch_list_free(tlb: Ref[mmu_gather]) -> None:
    """Free the pages that the batches lie in.

    Kernel: mm/mmu_gather.c, v6.18
    Context: no spinlock held
    Deviates: nothing
    """
    for i in range(tlb.batch_count):
        free_unref_page(tlb.batch_page[i + 1])
        tlb.batch_page[i + 1] = NULL
    tlb.batch_count = 0
