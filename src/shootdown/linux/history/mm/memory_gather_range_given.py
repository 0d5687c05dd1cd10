# SPDX-License-Identifier: GPL-2.0-only
"""Zap with a full gather before v3.11: what it flushes is not what it frees."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ref, has, kernel
from shootdown.linux.features import GATHER_RANGE_GIVEN, GATHER_RANGE_PASSED
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.mm.mmu_gather import tlb_flush_mmu

__all__ = ["sd_flush_full_gather"]


@kernel(before=GATHER_RANGE_GIVEN)
def sd_flush_full_gather(
    tlb: Ref[mmu_gather], range_start: vaddr_t, addr: vaddr_t, end: vaddr_t
) -> None:
    """Flush what zap has passed, or before v3.11 what it has not, and free what it has queued.

    Kernel: none
    Context: no spinlock held
    Deviates: stands in zap_pte_range() in the kernel
    """
    tlb.start = range_start if has(GATHER_RANGE_PASSED) else addr
    tlb.end = addr if has(GATHER_RANGE_PASSED) else end
    tlb_flush_mmu(tlb)
