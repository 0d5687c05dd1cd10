# SPDX-License-Identifier: GPL-2.0-only
"""The gather before v3.15: flush and free are one."""

from __future__ import annotations

from shootdown.lang import Ref, has, kernel
from shootdown.linux.features import NO_TLB_FAST_MODE, TLB_FLUSH_SPLIT
from shootdown.linux.history.mm.mmu_gather import tlb_fast_mode
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_flush
from shootdown.linux.mm.mmu_gather import tlb_batch_pages_flush, tlb_table_flush

__all__ = ["tlb_flush_mmu"]


@kernel(before=TLB_FLUSH_SPLIT)
def tlb_flush_mmu(tlb: Ref[mmu_gather]) -> None:
    """Flush, then free.

    Kernel: mm/memory.c, v3.14
    Context: no spinlock held
    Deviates: nothing
    """
    if not tlb.need_flush:
        return
    tlb.need_flush = False
    tlb_flush(tlb)
    tlb_table_flush(tlb)
    if not has(NO_TLB_FAST_MODE) and tlb_fast_mode():
        return
    tlb_batch_pages_flush(tlb)
