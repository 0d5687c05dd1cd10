# SPDX-License-Identifier: GPL-2.0-only
"""The gather from v3.19 to v5.5: that its range is not empty says that a flush is due."""

from __future__ import annotations

from shootdown.lang import Ref, has, kernel
from shootdown.linux.features import GATHER_FLUSH_CLEARED, TLB_TABLE_INVALIDATE
from shootdown.linux.include.asm_generic.tlb import __tlb_reset_range, mmu_gather, tlb_flush
from shootdown.linux.mm.mmu_gather import tlb_table_flush

__all__ = ["tlb_flush_mmu_tlbonly"]


@kernel(before=GATHER_FLUSH_CLEARED)
def tlb_flush_mmu_tlbonly(tlb: Ref[mmu_gather]) -> None:
    """Flush what was cleared, and free nothing.

    Kernel: include/asm-generic/tlb.h, v5.5 (mm/memory.c before v4.19), commit fb7332a9fedf
    Context: may be called with the ptl held
    Deviates: f045bbb9fa1b left the question to the callers, each of which has asked it
    """
    if tlb.end == 0:
        return
    tlb_flush(tlb)
    if not has(TLB_TABLE_INVALIDATE):
        tlb_table_flush(tlb)
    __tlb_reset_range(tlb)
