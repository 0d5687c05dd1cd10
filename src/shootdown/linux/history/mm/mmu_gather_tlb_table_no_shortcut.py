# SPDX-License-Identifier: GPL-2.0-only
"""Page tables that RCU frees, before v4.19: those of a process with one thread do not wait."""

from __future__ import annotations

from shootdown.hw.bounds import table_nr
from shootdown.lang import Ref, kernel
from shootdown.linux.features import TLB_TABLE_NO_SHORTCUT
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.mm.mmu_gather import sd_batch_table
from shootdown.linux.mm.page_alloc import pagetable_free

__all__ = ["tlb_remove_table"]


@kernel(before=TLB_TABLE_NO_SHORTCUT)
def tlb_remove_table(tlb: Ref[mmu_gather], table: table_nr) -> None:
    """Free a page table, later if somebody else may use the address space.

    That a CPU may borrow it, and walk it, was not thought of.

    Kernel: mm/memory.c, v4.14, commit 267239116987
    Context: no spinlock held
    Deviates: nothing
    """
    if tlb.mm.mm_users < 2:
        pagetable_free(table)
        return
    sd_batch_table(tlb, table)
