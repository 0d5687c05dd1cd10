# SPDX-License-Identifier: GPL-2.0-only
"""exit+mmdrop: a process exits, and whoever needs its root last frees it

A process without any mapping has a root all the same. A kernel thread on another CPU borrows it.
The process exits, and as there is nothing to unmap, nothing is flushed, and the borrower keeps
the root loaded. Both CPUs then run another process; the second of them to load its root frees the
one of the first process.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.exit import exit_mm
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_new_process, sd_switch_to

NAME = "exit+mmdrop"
BOUNDS = {"NR_MM": 2, "NR_VMAS": 1}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (0, 1)}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def lender() -> None:
    """Make a process, then run a kernel thread."""
    sd_new_process(record(mm_struct, 0))
    context_switch(NULL)


@setup(cpu=0)
def other_lender() -> None:
    """Make another process, and go on with the first."""
    sd_new_process(record(mm_struct, 1))
    sd_switch_to(record(mm_struct, 0))


@task(cpu=0)
def exiting() -> None:
    """End the first process, and run the second."""
    exit_mm()
    context_switch(record(mm_struct, 1))


@task(cpu=1)
def borrower() -> None:
    """Run the second process after the kernel thread."""
    context_switch(record(mm_struct, 1))
