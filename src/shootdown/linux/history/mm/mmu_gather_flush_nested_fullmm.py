# SPDX-License-Identifier: GPL-2.0-only
"""The end of a gather before v5.2: one that was not alone forgets that it has freed tables."""

from __future__ import annotations

from shootdown.hw.bounds import NR_VPN
from shootdown.lang import Ref, atomic, has, kernel
from shootdown.linux.features import FLUSH_NESTED_FULLMM, TLB_FLUSH_NESTED
from shootdown.linux.include.asm_generic.tlb import (
    __tlb_adjust_range,
    __tlb_reset_range,
    mmu_gather,
)
from shootdown.linux.mm.mmu_gather import tlb_batch_list_free, tlb_flush_mmu

__all__ = ["tlb_finish_mmu"]


@kernel(before=FLUSH_NESTED_FULLMM)
def tlb_finish_mmu(tlb: Ref[mmu_gather]) -> None:
    """End an unmapping.

    Kernel: mm/mmu_gather.c, v5.1 (arch_tlb_finish_mmu), commit 99baac21e458
    Context: mmap_sem held
    Deviates: the range of a gather that was not alone is the whole address space, and not that of
        its caller
    """
    if has(TLB_FLUSH_NESTED) and tlb.mm.tlb_flush_pending > 1:
        __tlb_reset_range(tlb)
        __tlb_adjust_range(tlb, 0, NR_VPN)
    tlb_flush_mmu(tlb)
    tlb_batch_list_free(tlb)
    if has(TLB_FLUSH_NESTED):
        with atomic():
            tlb.mm.tlb_flush_pending = tlb.mm.tlb_flush_pending - 1
