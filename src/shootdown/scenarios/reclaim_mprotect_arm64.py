# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+mprotect-arm64: mprotect() waits for what reclaim has told the TLBs, on another CPU

reclaim+mprotect, as on arm64. There, a flush is an instruction that tells all TLBs (TLBI), and one
that waits until they are through with it (DSB). Since 43b3dfdd0455 (v6.6) reclaim tells them as it
takes an entry out, and waits for all of them at the end. In between, another thread makes the
mapping read-only. It finds the mark that reclaim has left in the address space, so it waits, too,
and finds no entry to change. But a CPU waits for what it has itself told the TLBs. A third thread's
TLB may still have the entry, and lets it store to the page.

This was found in the manual, not by accident. 4b634918384c (v6.16) tells the TLBs again, and waits
for that. Up to v6.5 nothing is put off on arm64.

All else is as on x86: the address space, of one page, has the only tag.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_VPN, vaddr_t
from shootdown.hw.broadcast import hw_dsb, hw_tlbi
from shootdown.lang import (
    Bool,
    Ref,
    absent,
    at,
    atomic,
    has,
    holds,
    kernel,
    record,
    setup,
    since,
    task,
    violated,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm
from shootdown.linux.bounds import TLB_FLUSH_ALL, TLB_FLUSH_BATCH_FLUSHED, flush_end_t, stride_t
from shootdown.linux.features import ARM64_PENDING_FLUSH
from shootdown.linux.include.linux.mm_types import VM_READ, address_space, mm_struct
from shootdown.linux.include.linux.mm_types_task import tlbflush_unmap_batch
from shootdown.linux.include.linux.rmap import TTU_BATCH_FLUSH, ttu_flags
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_run_in, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+mprotect-arm64"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v6.6", violated("protection"), source="B05 / 4b634918384c"),
    at("arm64_pending_flush^", violated("protection"), source="B05 / 4b634918384c"),
    at("arm64_pending_flush", holds(), source="4b634918384c"),
    since("v6.16", holds(), source="4b634918384c"),
)


@kernel
def flush_tlb_mm_range(
    mm: Ref[mm_struct], start: vaddr_t, end: flush_end_t, stride: stride_t, freed_tables: Bool
) -> None:
    """Tell all TLBs to forget a range, and wait until they have.

    Kernel: arch/arm64/include/asm/tlbflush.h, v6.18 (__flush_tlb_range)
    Context: may be called with the ptl held
    Deviates: nothing
    """
    hw_tlbi(start, NR_VPN if end == TLB_FLUSH_ALL else end)
    hw_dsb()


@kernel
def should_defer_flush(mm: Ref[mm_struct], flags: ttu_flags) -> Bool:
    """Tell whether to put the flush off: if the caller can.

    Kernel: mm/rmap.c, v6.18 (with arm64's arch_tlbbatch_should_defer())
    Context: ptl held
    Deviates: nothing
    """
    return flags == TTU_BATCH_FLUSH


@kernel
def arch_tlbbatch_add_pending(batch: Ref[tlbflush_unmap_batch], mm: Ref[mm_struct]) -> None:
    """Tell all TLBs to forget a page, and do not wait.

    Kernel: arch/arm64/include/asm/tlbflush.h, v6.18
    Context: ptl held, an entry of the address space was changed
    Deviates: nothing, as the address space has one page
    """
    hw_tlbi(0, NR_VPN)


@kernel
def arch_tlbbatch_flush(batch: Ref[tlbflush_unmap_batch]) -> None:
    """Wait until all TLBs have forgotten what this task has told them to, on this CPU.

    Kernel: arch/arm64/include/asm/tlbflush.h, v6.18
    Context: any
    Deviates: nothing
    """
    hw_dsb()


@kernel
def flush_tlb_batched_pending(mm: Ref[mm_struct]) -> None:
    """Wait for what any task has told the TLBs, for a caller who needs it done.

    Kernel: mm/rmap.c, v6.18 (with arm64's arch_flush_tlb_batched_pending())
    Context: ptl held
    Deviates: nothing
    """
    batch = mm.tlb_flush_batched
    pending = batch % TLB_FLUSH_BATCH_FLUSHED
    if pending != batch // TLB_FLUSH_BATCH_FLUSHED:
        if has(ARM64_PENDING_FLUSH):
            flush_tlb_mm(mm)
        else:
            hw_dsb()
        with atomic():
            if mm.tlb_flush_batched == batch:
                mm.tlb_flush_batched = pending + pending * TLB_FLUSH_BATCH_FLUSHED


@setup(cpu=0)
def process() -> None:
    """Map a page of a file, store to it, and let it grow old."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), True)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0, kind="user")
def writer() -> None:
    """Go on storing to the page."""
    sd_user(0, 1)


@task(cpu=1)
def protector() -> None:
    """Make the mapping read-only."""
    sys_mprotect(0, 1, VM_READ)


@task(cpu=2)
def reclaimer() -> None:
    """Take the page out of its mapping, and keep it, as it is dirty."""
    try_to_free_pages()
