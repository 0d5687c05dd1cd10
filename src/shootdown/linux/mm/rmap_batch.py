# SPDX-License-Identifier: GPL-2.0-only
"""Flushes that reclaim puts off, the third part of mm/rmap.c: one for many pages.

Until then CPUs use entries that are gone. What was dirty must be flushed before the page is
written, or the disk may miss a store; everything must be, before a page is freed.
"""

from __future__ import annotations

from shootdown.lang import Bool, Ref, atomic, has, kernel, record, this_cpu, this_task
from shootdown.linux.arch.x86.include.asm.pgtable import pte_accessible, pte_t
from shootdown.linux.arch.x86.mm.tlb import (
    arch_tlbbatch_add_pending,
    arch_tlbbatch_flush,
    flush_tlb_mm,
)
from shootdown.linux.bounds import (
    PROTNONE,
    TLB_FLUSH_BATCH_FLUSHED,
    TLB_FLUSH_BATCH_PENDING_LARGE,
)
from shootdown.linux.features import (
    DEFER_WRITABLE_FLUSH,
    FLUSH_BATCHED_PENDING,
    UNMAP_BATCH_ACCESSIBLE,
)
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.mm_types_task import tlbflush_unmap_batch
from shootdown.linux.include.linux.rmap import TTU_BATCH_FLUSH, ttu_flags

__all__ = [
    "flush_tlb_batched_pending",
    "sd_count_pending",
    "set_tlb_ubc_flush_pending",
    "should_defer_flush",
    "try_to_unmap_flush",
    "try_to_unmap_flush_dirty",
]


@kernel
def try_to_unmap_flush() -> None:
    """Flush what the task has put off.

    Kernel: mm/rmap.c, v6.18, commit 72b252aed506
    Context: interrupts on
    Deviates: nothing
    """
    tlb_ubc = record(tlbflush_unmap_batch, this_task())
    if not tlb_ubc.flush_required:
        return
    arch_tlbbatch_flush(tlb_ubc)
    tlb_ubc.flush_required = False
    tlb_ubc.writable = False


@kernel
def try_to_unmap_flush_dirty() -> None:
    """Flush what the task has put off if CPUs may still store to one of the pages.

    Kernel: mm/rmap.c, v6.18, commit d950c9477d51
    Context: interrupts on
    Deviates: nothing
    """
    if record(tlbflush_unmap_batch, this_task()).writable:
        try_to_unmap_flush()


@kernel
def set_tlb_ubc_flush_pending(mm: Ref[mm_struct], pteval: pte_t) -> None:
    """Put off the flush of an entry that was taken out.

    Kernel: mm/rmap.c, v6.18, commit d950c9477d51
    Context: ptl held
    Deviates: nothing
    """
    if PROTNONE and not sd_may_be_cached(mm, pteval):
        return
    tlb_ubc = record(tlbflush_unmap_batch, this_task())
    arch_tlbbatch_add_pending(tlb_ubc, mm)
    tlb_ubc.flush_required = True
    if has(FLUSH_BATCHED_PENDING):
        sd_count_pending(mm)
    if has(DEFER_WRITABLE_FLUSH) and pteval.dirty:
        tlb_ubc.writable = True


@kernel
def sd_may_be_cached(mm: Ref[mm_struct], pteval: pte_t) -> Bool:
    """Tell whether a TLB may have what an entry said that was taken out.

    Kernel: none
    Context: ptl held
    Deviates: stands in set_tlb_ubc_flush_pending(), commit 4d4b6d66db63
    """
    return not has(UNMAP_BATCH_ACCESSIBLE) or pte_accessible(mm, pteval)


@kernel
def sd_count_pending(mm: Ref[mm_struct]) -> None:
    """Let others see that a flush of the address space was put off.

    Kernel: none
    Context: ptl held
    Deviates: a part of set_tlb_ubc_flush_pending(); reading and changing are one step
    """
    with atomic():
        batch = mm.tlb_flush_batched
        if batch % TLB_FLUSH_BATCH_FLUSHED > TLB_FLUSH_BATCH_PENDING_LARGE:
            mm.tlb_flush_batched = 1
        else:
            mm.tlb_flush_batched = batch + 1


@kernel
def should_defer_flush(mm: Ref[mm_struct], flags: ttu_flags) -> Bool:
    """Tell whether to put the flush off: the caller can, and other CPUs use the address space.

    Kernel: mm/rmap.c, v6.18 (with arch_tlbbatch_should_defer())
    Context: ptl held
    Deviates: nothing
    """
    if flags != TTU_BATCH_FLUSH:
        return False
    return mm.cpu_bitmap & ~(1 << this_cpu()) != 0


@kernel
def flush_tlb_batched_pending(mm: Ref[mm_struct]) -> None:
    """Flush what any task has put off, for a caller to whom the entries that are gone matter.

    Kernel: mm/rmap.c, v6.18, commit 3ea277194daa
    Context: ptl held
    Deviates: nothing
    """
    if not has(FLUSH_BATCHED_PENDING):
        return
    batch = mm.tlb_flush_batched
    pending = batch % TLB_FLUSH_BATCH_FLUSHED
    if pending != batch // TLB_FLUSH_BATCH_FLUSHED:
        flush_tlb_mm(mm)
        with atomic():
            if mm.tlb_flush_batched == batch:
                mm.tlb_flush_batched = pending + pending * TLB_FLUSH_BATCH_FLUSHED
