# SPDX-License-Identifier: GPL-2.0-only
"""The gather: what an unmapping has taken out and must flush, then free, in this order."""

from __future__ import annotations

from shootdown.hw.bounds import NR_TABLES, NR_VPN, table_nr, vaddr_t
from shootdown.lang import Array, Bool, Ref, array, has, kernel, struct
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm_range
from shootdown.linux.bounds import (
    CONFIG_SMP,
    MMU_GATHER_BUNDLE,
    TLB_FLUSH_ALL,
    slots_t,
    table_count,
)
from shootdown.linux.features import GATHER_ADJUST_RANGE
from shootdown.linux.include.linux.mm_types import mm_struct, page

__all__ = [
    "__tlb_adjust_range",
    "__tlb_reset_range",
    "mmu_gather",
    "pte_free_tlb",
    "tlb_delay_rmap",
    "tlb_flush",
    "tlb_remove_tlb_entry",
]


@struct
class mmu_gather:
    """An unmapping under way: on its stack, since v3.0."""

    mm: Ref[mm_struct]
    start: vaddr_t
    end: vaddr_t
    need_flush: Bool
    """Entries were cleared (before v3.19)."""

    fullmm: Bool
    """Flush everything."""

    freed_tables: Bool
    cleared_ptes: Bool
    delayed_rmap: Bool
    nr: slots_t
    pages: Array[Ref[page]] = array(MMU_GATHER_BUNDLE)
    delay_rmap: Array[Bool] = array(MMU_GATHER_BUNDLE)
    """Which of `pages` still count as mapped (a bit of the encoded pointer in the kernel)."""

    nr_tables: table_count
    tables: Array[table_nr] = array(NR_TABLES)


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
def pte_free_tlb(tlb: Ref[mmu_gather], table: table_nr, address: vaddr_t) -> None:
    """Note that a table was unlinked: free it after the flush.

    The range to flush gets one page longer, not as long as what the table spans: any INVLPG
    flushes the paging-structure caches.

    Kernel: include/asm-generic/tlb.h, v6.18 (p4d_free_tlb, pud_free_tlb, pmd_free_tlb as well)
    Context: the mapping is hidden from reverse-map walks
    Deviates: tables have slots of their own, one each, and are freed right after the flush
    """
    if has(GATHER_ADJUST_RANGE):
        __tlb_adjust_range(tlb, address, 1)
        tlb.freed_tables = True
    else:
        tlb.need_flush = True
    tlb.tables[tlb.nr_tables] = table
    tlb.nr_tables = tlb.nr_tables + 1


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
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Flush the range of the gather.

    Kernel: arch/x86/include/asm/tlb.h, v6.18
    Context: may be called with the ptl held
    Deviates: nothing
    """
    if tlb.fullmm:
        flush_tlb_mm_range(tlb.mm, 0, TLB_FLUSH_ALL, tlb.freed_tables)
    else:
        flush_tlb_mm_range(tlb.mm, tlb.start, tlb.end, tlb.freed_tables)
