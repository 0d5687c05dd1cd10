# SPDX-License-Identifier: GPL-2.0-only
"""Flushes of an address space before v3.6."""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, this_cpu
from shootdown.linux.arch.x86.include.asm.tlbflush import cpu_tlbstate
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_local, leave_mm
from shootdown.linux.bounds import LAZY_TLB, TLB_FLUSH_ALL
from shootdown.linux.features import X86_FLUSH_RANGE
from shootdown.linux.history.arch.tlb import flush_tlb_others
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable

__all__ = ["flush_tlb_mm"]


@kernel(before=X86_FLUSH_RANGE)
def flush_tlb_mm(mm: Ref[mm_struct]) -> None:
    """Make all CPUs forget what they know of the address space.

    Kernel: arch/x86/mm/tlb.c, v2.6.39
    Context: interrupts on; may be called with the ptl held
    Deviates: nothing
    """
    preempt_disable()
    if record(cpu_tlbstate, this_cpu()).loaded_mm == mm:
        if LAZY_TLB and record(cpu_tlbstate, this_cpu()).is_lazy:
            leave_mm()
        else:
            flush_tlb_local()
    if mm.cpu_bitmap & ~(1 << this_cpu()) != 0:
        flush_tlb_others(mm, 0, TLB_FLUSH_ALL)
    preempt_enable()
