# SPDX-License-Identifier: GPL-2.0-only
"""Page tables before v6.15: queued as pages are, unless the configuration has RCU free them."""

from __future__ import annotations

from shootdown.hw.bounds import table_nr, vaddr_t
from shootdown.lang import Bool, Ref, has, kernel
from shootdown.linux.bounds import CONFIG_MMU_GATHER_RCU_TABLE_FREE
from shootdown.linux.features import GATHER_ADJUST_RANGE, MMU_GATHER_REWORK, X86_RCU_TABLES
from shootdown.linux.include.asm_generic.tlb import __tlb_adjust_range, mmu_gather
from shootdown.linux.mm.mmu_gather import (
    sd_is_full,
    sd_take_slot,
    tlb_flush_mmu,
    tlb_remove_table,
)

__all__ = ["pte_free_tlb", "sd_queue_table", "sd_tables_by_rcu"]


@kernel(before=X86_RCU_TABLES)
def pte_free_tlb(tlb: Ref[mmu_gather], table: table_nr, address: vaddr_t) -> None:
    """Note that a table was unlinked: free it after the flush.

    Kernel: include/asm-generic/tlb.h, v6.12 (pud_free_tlb, pmd_free_tlb as well)
    Context: the mapping is hidden from reverse-map walks
    Deviates: nothing
    """
    if has(GATHER_ADJUST_RANGE):
        __tlb_adjust_range(tlb, address, 1)
        tlb.freed_tables = True
    else:
        tlb.need_flush = True
    if sd_tables_by_rcu():
        tlb_remove_table(tlb, table)
    else:
        sd_queue_table(tlb, table)


@kernel
def sd_tables_by_rcu() -> Bool:
    """Tell whether RCU frees page tables.

    Kernel: none
    Context: any
    Deviates: stands for CONFIG_HAVE_RCU_TABLE_FREE (267239116987 in v3.0), and what it became
    """
    return CONFIG_MMU_GATHER_RCU_TABLE_FREE and has(MMU_GATHER_REWORK)


@kernel
def sd_queue_table(tlb: Ref[mmu_gather], table: table_nr) -> None:
    """Queue a page table as if it were a page of data; flush and free if the gather is full now.

    Kernel: none
    Context: no spinlock held
    Deviates: stands for tlb_remove_page()
    """
    tlb.tables[sd_take_slot(tlb)] = table + 1
    if sd_is_full(tlb):
        tlb_flush_mmu(tlb)
