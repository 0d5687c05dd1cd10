# SPDX-License-Identifier: GPL-2.0-only
"""planted-early-pgd: the root is freed with the last thread, though a CPU borrows it

A planted mistake: the end of a process frees the root of its page tables at once, and does not wait
for CPUs that borrow it.
"""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.exit import exit_mm
from shootdown.linux.kernel.fork import __mmdrop
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_new_process, sd_switch_to
from shootdown.linux.mm.mmap import exit_mmap

NAME = "planted-early-pgd"
BOUNDS = {"NR_MM": 2, "NR_VMAS": 1}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (0, 1)}
EXPECT = (since("v2.6.39", violated("table_uaf"), source="planted"),)


@kernel
def __mmput(mm: Ref[mm_struct]) -> None:
    """Take everything out of an address space, and free its root.

    Kernel: kernel/fork.c, v6.18
    Context: may sleep
    Deviates: whoever borrows the root is not asked
    """
    exit_mmap(mm)
    __mmdrop(mm)


@setup(cpu=1)
def first_cpu() -> None:
    """Leave a process to a kernel thread."""
    sd_new_process(record(mm_struct, 0))
    context_switch(NULL)


@setup(cpu=0)
def second_cpu() -> None:
    """Take the process over, and have another."""
    sd_new_process(record(mm_struct, 1))
    sd_switch_to(record(mm_struct, 0))


@task(cpu=0)
def last_thread() -> None:
    """Exit."""
    exit_mm()


@task(cpu=1)
def switcher() -> None:
    """Give the CPU to the other process."""
    context_switch(record(mm_struct, 1))
