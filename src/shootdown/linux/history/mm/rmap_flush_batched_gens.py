# SPDX-License-Identifier: GPL-2.0-only
"""Flushes that reclaim puts off, before v5.17: one bit tells others that there are some."""

from __future__ import annotations

from shootdown.lang import Ref, has, kernel
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm
from shootdown.linux.features import FLUSH_BATCHED_GENS, FLUSH_BATCHED_PENDING
from shootdown.linux.include.linux.mm_types import mm_struct

__all__ = ["flush_tlb_batched_pending", "sd_count_pending"]


@kernel(before=FLUSH_BATCHED_GENS)
def sd_count_pending(mm: Ref[mm_struct]) -> None:
    """Let others see that a flush of the address space was put off.

    Kernel: none
    Context: ptl held
    Deviates: a part of set_tlb_ubc_flush_pending()
    """
    mm.tlb_flush_batched = 1


@kernel(before=FLUSH_BATCHED_GENS)
def flush_tlb_batched_pending(mm: Ref[mm_struct]) -> None:
    """Flush what any task has put off, for a caller to whom the entries that are gone matter.

    Kernel: mm/rmap.c, v4.14, commit 3ea277194daa
    Context: ptl held
    Deviates: nothing
    """
    if has(FLUSH_BATCHED_PENDING) and mm.tlb_flush_batched == 1:
        flush_tlb_mm(mm)
        mm.tlb_flush_batched = 0
