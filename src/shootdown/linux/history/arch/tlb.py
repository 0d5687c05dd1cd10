# SPDX-License-Identifier: GPL-2.0-only
"""Flushes on the other CPUs before v5.13: this CPU does nothing else meanwhile."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ref, kernel, local, this_cpu
from shootdown.linux.arch.x86.include.asm.tlbflush import flush_tlb_info
from shootdown.linux.bounds import flush_end_t
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.smp import sd_send_request, sd_wait_for_request

__all__ = ["flush_tlb_others"]


@kernel
def flush_tlb_others(mm: Ref[mm_struct], start: vaddr_t, end: flush_end_t) -> None:
    """Interrupt all other CPUs that use the address space, and wait until they have flushed.

    Kernel: arch/x86/mm/tlb.c, v3.15
    Context: preemption disabled, interrupts on
    Deviates: before v3.6 the vectors are shared, and a lock keeps their other users off
    """
    info = local(flush_tlb_info)
    info.mm = mm
    info.start = start
    info.end = end
    sd_send_request(mm.cpu_bitmap & ~(1 << this_cpu()), info)
    sd_wait_for_request()
