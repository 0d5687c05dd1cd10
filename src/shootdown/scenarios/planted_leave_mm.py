# SPDX-License-Identifier: GPL-2.0-only
"""planted-leave-mm: a borrower leaves the mask, and loads no other root

A planted mistake: when a flush makes a borrowing CPU leave the address space, it only clears its
bit in mm_cpumask. So it still walks the page tables, and no further flush reaches it.
"""

from __future__ import annotations

from shootdown.lang import NULL, kernel, record, setup, since, task, this_cpu, violated
from shootdown.linux.arch.x86.include.asm.tlbflush import cpu_tlbstate
from shootdown.linux.arch.x86.mm.tlb import sd_leave_mask
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.exit import exit_mm
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_switch_to, sd_take_memory

NAME = "planted-leave-mm"
BOUNDS = {"NR_CPUS": 2, "NR_VMAS": 1}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (0, 1)}
EXPECT = (since("v2.6.39", violated("table_uaf"), source="planted"),)


@kernel
def leave_mm() -> None:
    """Leave the mask.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: interrupts off, the CPU is lazy
    Deviates: the root stays loaded, and what the CPU knows of its tables stays known
    """
    sd_leave_mask(record(cpu_tlbstate, this_cpu()).loaded_mm)


@setup(cpu=1)
def first_cpu() -> None:
    """Leave a process to a kernel thread."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    context_switch(NULL)


@setup(cpu=0)
def second_cpu() -> None:
    """Take the process over."""
    sd_switch_to(record(mm_struct, 0))


@task(cpu=0)
def last_thread() -> None:
    """Exit, and free all."""
    exit_mm()
