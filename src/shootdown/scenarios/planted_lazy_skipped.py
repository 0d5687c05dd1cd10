# SPDX-License-Identifier: GPL-2.0-only
"""planted-lazy-skipped: no flush reaches a CPU that borrows an address space

A planted mistake, as in v4.14-rc1: a CPU that begins to borrow leaves mm_cpumask, and keeps the
page tables loaded. When the process exits, the CPU walks tables that were freed.
"""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel, record, setup, since, task, this_cpu, violated
from shootdown.linux.arch.x86.include.asm.tlbflush import cpu_tlbstate
from shootdown.linux.arch.x86.mm.tlb import sd_leave_mask
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.exit import exit_mm
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_switch_to, sd_take_memory

NAME = "planted-lazy-skipped"
BOUNDS = {"NR_CPUS": 2, "NR_VMAS": 1}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (0, 1)}
EXPECT = (since("v2.6.39", violated("table_uaf"), source="planted"),)


@kernel
def enter_lazy_tlb(mm: Ref[mm_struct]) -> None:
    """Borrow the loaded address space, and leave its mask.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: interrupts off
    Deviates: no flush reaches the CPU any more
    """
    record(cpu_tlbstate, this_cpu()).is_lazy = True
    sd_leave_mask(mm)


@setup(cpu=1)
def first_cpu() -> None:
    """Run a process that stores, then a kernel thread."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    context_switch(NULL)


@setup(cpu=0)
def second_cpu() -> None:
    """Run the process from here on."""
    sd_switch_to(record(mm_struct, 0))


@task(cpu=0)
def last_thread() -> None:
    """Exit."""
    exit_mm()
