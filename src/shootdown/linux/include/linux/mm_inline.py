# SPDX-License-Identifier: GPL-2.0-only
"""How many are about to flush what they have changed in an address space."""

from __future__ import annotations

from shootdown.lang import Ref, atomic, has, kernel
from shootdown.linux.features import TLB_FLUSH_COUNT, TLB_FLUSH_PENDING
from shootdown.linux.include.linux.mm_types import mm_struct

__all__ = ["dec_tlb_flush_pending", "inc_tlb_flush_pending"]


@kernel
def inc_tlb_flush_pending(mm: Ref[mm_struct]) -> None:
    """Say that a flush will follow: from here on, TLBs may know more than the entries.

    Kernel: include/linux/mm_inline.h, v6.18 (before v4.13: set_tlb_flush_pending)
    Context: ptl not held
    Deviates: nothing
    """
    if has(TLB_FLUSH_COUNT):
        with atomic():
            mm.tlb_flush_pending = mm.tlb_flush_pending + 1
    elif has(TLB_FLUSH_PENDING):
        mm.tlb_flush_pending = 1


@kernel
def dec_tlb_flush_pending(mm: Ref[mm_struct]) -> None:
    """Say that the flush is done.

    Kernel: include/linux/mm_inline.h, v6.18 (before v4.13: clear_tlb_flush_pending)
    Context: ptl not held
    Deviates: nothing
    """
    if has(TLB_FLUSH_COUNT):
        with atomic():
            mm.tlb_flush_pending = mm.tlb_flush_pending - 1
    elif has(TLB_FLUSH_PENDING):
        mm.tlb_flush_pending = 0
