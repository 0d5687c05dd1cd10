# SPDX-License-Identifier: GPL-2.0-only
"""exit+lazy: a process exits while a kernel thread borrows its address space

A process runs on one CPU and goes on on another. The first CPU has nothing but a kernel thread to
run, and keeps the page tables of the process loaded, so that it need not switch. Nobody there uses
them on purpose; but the CPU walks them when it likes.

On the second CPU the process exits: all its pages and page tables are freed. Before that, the
borrower must be made to load another root, or at least to forget what it knows of these tables.

Commit 94b1b03b519b (v4.14-rc1) took borrowers out of mm_cpumask, so no flush reached them, and
b956575bed91 (v4.14-rc5) put them in again: no release has the first one only, but the kernel
x86_lazy_flush^ has.
"""

from __future__ import annotations

from shootdown.lang import NULL, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.exit import exit_mm
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_switch_to, sd_take_memory

NAME = "exit+lazy"
BOUNDS = {"NR_CPUS": 2, "NR_VMAS": 1}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (0, 1)}
EXPECT = (
    since("v2.6.39", holds()),
    at("gather_free_flushed", holds()),
    at("x86_lazy_flush^", violated("table_uaf"), source="I08 / b956575bed91"),
)


@setup(cpu=1)
def first_cpu() -> None:
    """Store to fresh memory, then run a kernel thread."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    context_switch(NULL)


@setup(cpu=0)
def second_cpu() -> None:
    """Go on with the process."""
    sd_switch_to(record(mm_struct, 0))


@task(cpu=0)
def last_thread() -> None:
    """End the process."""
    exit_mm()
