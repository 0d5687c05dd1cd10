# SPDX-License-Identifier: GPL-2.0-only
"""The gather before v3.15: flush and free are one."""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel
from shootdown.linux.features import TLB_FLUSH_SPLIT
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_flush
from shootdown.linux.mm.mmu_gather import tlb_table_flush
from shootdown.linux.mm.swap import free_pages_and_swap_cache

__all__ = ["tlb_flush_mmu"]


@kernel(before=TLB_FLUSH_SPLIT)
def tlb_flush_mmu(tlb: Ref[mmu_gather]) -> None:
    """Flush, then free.

    Kernel: mm/memory.c, v3.14
    Context: before v3.0 under the ptl when the gather is full
    Deviates: nothing
    """
    if not tlb.need_flush:
        return
    tlb.need_flush = False
    tlb_flush(tlb)
    tlb_table_flush(tlb)
    for i in range(tlb.nr):
        free_pages_and_swap_cache(tlb.pages[i])
        tlb.pages[i] = NULL
    tlb.nr = 0
