# SPDX-License-Identifier: GPL-2.0-only
"""The gather: what an unmapping has taken out and must flush, then free, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, NR_VPN, table_nr, vaddr_t
from shootdown.lang import Array, Bool, Ref, array, has, kernel, struct
from shootdown.linux.arch.x86.include.asm.pgtable import PMD_SIZE
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm_range
from shootdown.linux.bounds import (
    CONFIG_MMU_GATHER_MERGE_VMAS,
    CONFIG_SMP,
    MAX_TABLE_BATCH,
    NR_GATHER_BATCHES,
    NR_GATHERED,
    PAGE_SHIFT,
    PMD_SHIFT,
    TLB_FLUSH_ALL,
    batch_t,
    slots_t,
    stride_t,
    table_or_0,
    table_slots_t,
)
from shootdown.linux.features import FLUSH_STRIDE, GATHER_ADJUST_RANGE, GATHER_HUGE_RANGE
from shootdown.linux.include.linux.mm_types import mm_struct, page, vm_area_struct

if TYPE_CHECKING:
    from shootdown.linux.mm.mmu_gather import tlb_flush_mmu_tlbonly, tlb_remove_table

__all__ = [
    "__tlb_adjust_range",
    "__tlb_reset_range",
    "mmu_gather",
    "pte_free_tlb",
    "tlb_delay_rmap",
    "tlb_end_vma",
    "tlb_flush",
    "tlb_flush_pmd_range",
    "tlb_flush_pte_range",
    "tlb_get_unmap_shift",
    "tlb_remove_pmd_tlb_entry",
    "tlb_remove_tlb_entry",
]


@struct
class mmu_gather:
    """An unmapping under way: on its stack, since v3.0.

    Batches are numbered and lie one behind the other in `pages`; in the kernel, batch 0 is `local`,
    each of the others is a page of memory, and they are a list.
    """

    mm: Ref[mm_struct]
    start: vaddr_t
    end: vaddr_t
    range_start: vaddr_t
    """What tlb_finish_mmu() is given as start (before v3.11)."""

    range_end: vaddr_t
    need_flush: Bool
    """Entries were cleared (before v3.19)."""

    fullmm: Bool
    """Flush everything."""

    freed_tables: Bool
    cleared_ptes: Bool
    cleared_pmds: Bool
    delayed_rmap: Bool
    active: batch_t
    """The batch that takes the next page."""

    batch_count: batch_t
    """How many batches there are besides the first."""

    batch_page: Array[Ref[page]] = array(NR_GATHER_BATCHES + 1)
    """The page that a batch lies in."""

    nr: Array[slots_t] = array(NR_GATHER_BATCHES + 1)
    max: slots_t
    """How many pages fit (in v3.0, before e303297e6c3a)."""

    pages: Array[Ref[page]] = array(NR_GATHERED)
    delay_rmap: Array[Bool] = array(NR_GATHERED)
    """Which of `pages` still count as mapped (a bit of the encoded pointer in the kernel)."""

    tables: Array[table_or_0] = array(NR_GATHERED)
    """Page tables, where a slot of `pages` has one: they are pages, too."""

    has_table_batch: Bool
    """There is a page to queue tables in that RCU frees (`batch` in the kernel)."""

    table_batch_nr: table_slots_t
    table_batch: Array[table_nr] = array(MAX_TABLE_BATCH)


@kernel
def __tlb_reset_range(tlb: Ref[mmu_gather]) -> None:
    """Forget what was cleared: it has been flushed.

    Kernel: include/asm-generic/tlb.h, v6.18
    Context: any
    Deviates: nothing
    """
    tlb.start = 0 if tlb.fullmm else NR_VPN
    tlb.end = NR_VPN if tlb.fullmm else 0
    tlb.freed_tables = False
    tlb.cleared_ptes = False
    tlb.cleared_pmds = False


@kernel
def __tlb_adjust_range(tlb: Ref[mmu_gather], address: vaddr_t, range_size: vaddr_t) -> None:
    """Let the flush reach the range.

    Kernel: include/asm-generic/tlb.h, v6.18
    Context: any
    Deviates: nothing
    """
    if address < tlb.start:
        tlb.start = address
    if address + range_size > tlb.end:
        tlb.end = address + range_size


@kernel
def tlb_flush_pte_range(tlb: Ref[mmu_gather], address: vaddr_t) -> None:
    """Let the flush reach an entry that has changed.

    Kernel: include/asm-generic/tlb.h, v6.18
    Context: ptl held
    Deviates: one entry
    """
    __tlb_adjust_range(tlb, address, 1)
    tlb.cleared_ptes = True


@kernel
def tlb_flush_pmd_range(tlb: Ref[mmu_gather], address: vaddr_t) -> None:
    """Let the flush reach an entry that has changed and maps a huge page.

    Kernel: include/asm-generic/tlb.h, v6.18
    Context: ptl held
    Deviates: one entry
    """
    __tlb_adjust_range(tlb, address, PMD_SIZE)
    tlb.cleared_pmds = True


@kernel
def tlb_remove_tlb_entry(tlb: Ref[mmu_gather], address: vaddr_t) -> None:
    """Note that an entry was cleared.

    Kernel: include/asm-generic/tlb.h, v6.18
    Context: ptl held
    Deviates: nothing
    """
    if has(GATHER_ADJUST_RANGE):
        __tlb_adjust_range(tlb, address, 1)
        tlb.cleared_ptes = True
    else:
        tlb.need_flush = True


@kernel
def tlb_remove_pmd_tlb_entry(tlb: Ref[mmu_gather], address: vaddr_t) -> None:
    """Note that an entry was cleared that mapped a huge page.

    Kernel: include/asm-generic/tlb.h, v6.18, commit b5bc66b71310
    Context: ptl held
    Deviates: nothing
    """
    if has(GATHER_ADJUST_RANGE):
        __tlb_adjust_range(tlb, address, PMD_SIZE if has(GATHER_HUGE_RANGE) else 1)
        tlb.cleared_pmds = True
    else:
        tlb.need_flush = True


@kernel
def pte_free_tlb(tlb: Ref[mmu_gather], table: table_nr, address: vaddr_t) -> None:
    """Note that a table was unlinked: free it after the flush.

    The range to flush gets one page longer, not as long as what the table spans: any INVLPG
    flushes the paging-structure caches.

    Kernel: include/asm-generic/tlb.h, v6.18 (p4d_free_tlb, pud_free_tlb, pmd_free_tlb as well)
    Context: the mapping is hidden from reverse-map walks
    Deviates: that entries above the lowest level were cleared is noted as if all were pmd entries,
        and only where some may map huge pages
    """
    __tlb_adjust_range(tlb, address, 1)
    tlb.freed_tables = True
    if CONFIG_TRANSPARENT_HUGEPAGE:
        tlb.cleared_pmds = True
    tlb_remove_table(tlb, table)


@kernel
def tlb_delay_rmap(tlb: Ref[mmu_gather]) -> Bool:
    """Ask for a flush before the page counts as unmapped, and tell whether there will be one.

    Kernel: include/asm-generic/tlb.h, v6.18, commit 5df397dec7c4
    Context: ptl held
    Deviates: nothing
    """
    if CONFIG_SMP:
        tlb.delayed_rmap = True
        return True
    return False


@kernel
def tlb_end_vma(tlb: Ref[mmu_gather], vma: Ref[vm_area_struct]) -> None:
    """End the zapping of a mapping: flush here, unless several mappings are flushed together.

    Kernel: include/asm-generic/tlb.h, v6.18 (since v3.19; x86 had an empty one of its own)
    Context: mmap_lock held, no spinlock
    Deviates: no mappings without pages to count (VM_PFNMAP)
    """
    if CONFIG_MMU_GATHER_MERGE_VMAS or tlb.fullmm:
        return
    tlb_flush_mmu_tlbonly(tlb)


@kernel
def tlb_get_unmap_shift(tlb: Ref[mmu_gather]) -> stride_t:
    """Return the stride of the flush, by the lowest level at which entries were cleared.

    Kernel: include/asm-generic/tlb.h, v6.18, commits a6d60245d6d9, a31acd3ee8f7
    Context: any
    Deviates: nothing
    """
    if CONFIG_TRANSPARENT_HUGEPAGE and has(FLUSH_STRIDE):
        if tlb.cleared_pmds and not tlb.cleared_ptes:
            return PMD_SHIFT
    return PAGE_SHIFT


@kernel
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Flush the range of the gather.

    Kernel: arch/x86/include/asm/tlb.h, v6.18
    Context: may be called with the ptl held
    Deviates: nothing
    """
    stride_shift = tlb_get_unmap_shift(tlb)
    if tlb.fullmm:
        flush_tlb_mm_range(tlb.mm, 0, TLB_FLUSH_ALL, stride_shift, tlb.freed_tables)
    else:
        flush_tlb_mm_range(tlb.mm, tlb.start, tlb.end, stride_shift, tlb.freed_tables)
