# SPDX-License-Identifier: GPL-2.0-only
"""The gather in v3.19 before its release: one that has nothing to flush has nothing to free."""

from __future__ import annotations

from shootdown.hw.bounds import NR_VPN
from shootdown.lang import Ref, has, kernel
from shootdown.linux.features import GATHER_FREE_FLUSHED, GATHER_FREE_QUEUED
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.mm.mmu_gather import tlb_flush_mmu_free, tlb_flush_mmu_tlbonly

__all__ = ["__tlb_reset_range", "tlb_flush_mmu"]


@kernel(before=GATHER_FREE_QUEUED)
def __tlb_reset_range(tlb: Ref[mmu_gather]) -> None:
    """Forget what was cleared: it has been flushed.

    Kernel: include/asm-generic/tlb.h, commit fb7332a9fedf
    Context: any
    Deviates: nothing
    """
    tlb.start = NR_VPN
    tlb.end = 0
    tlb.freed_tables = False
    tlb.cleared_ptes = False
    tlb.cleared_pmds = False


@kernel(before=GATHER_FREE_QUEUED)
def tlb_flush_mmu(tlb: Ref[mmu_gather]) -> None:
    """Flush, then free.

    Kernel: mm/memory.c, commit f045bbb9fa1b
    Context: no spinlock held
    Deviates: nothing
    """
    if has(GATHER_FREE_FLUSHED) and tlb.end == 0:
        return
    tlb_flush_mmu_tlbonly(tlb)
    tlb_flush_mmu_free(tlb)
