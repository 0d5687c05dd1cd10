# SPDX-License-Identifier: GPL-2.0-only
"""The switch from a task to the next, as far as address spaces go."""

from __future__ import annotations

from shootdown.hw.cpu import hw_irqs_off, hw_irqs_on
from shootdown.lang import NULL, Ref, kernel, record, this_cpu
from shootdown.linux.arch.x86.mm.tlb import enter_lazy_tlb, switch_mm_irqs_off
from shootdown.linux.include.linux.mm_types import mm_struct, task_struct
from shootdown.linux.kernel.fork import mmdrop, mmgrab

__all__ = ["context_switch"]


@kernel
def context_switch(next_mm: Ref[mm_struct]) -> None:
    """Let this CPU run a thread of an address space, or a kernel thread (NULL).

    Kernel: kernel/sched/core.c, v6.18 (with finish_task_switch)
    Context: any task's own code, which goes on as the next
    Deviates: a CPU that has run nothing borrows nothing
    """
    current = record(task_struct, this_cpu())
    prev_mm = current.mm
    prev_active_mm = current.active_mm
    hw_irqs_off()
    current.mm = next_mm
    if next_mm is NULL:
        enter_lazy_tlb(prev_active_mm)
        if prev_mm is not NULL:
            mmgrab(prev_active_mm)
    else:
        current.active_mm = next_mm
        switch_mm_irqs_off(next_mm)
    hw_irqs_on()
    if next_mm is not NULL and prev_mm is NULL and prev_active_mm is not NULL:
        mmdrop(prev_active_mm)
