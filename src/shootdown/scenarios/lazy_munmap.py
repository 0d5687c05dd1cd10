# SPDX-License-Identifier: GPL-2.0-only
"""lazy+munmap: a CPU that borrows an address space misses a flush, and catches up

A CPU runs a thread of a process, then a kernel thread that borrows the address space, then the
first thread again. Meanwhile another thread of the process gives memory back; the page table stays
in use. A flush may spare the borrower, who makes no use of the memory. But it keeps its
translations, so it has to forget them before the thread goes on.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_run_in
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "lazy+munmap"
BOUNDS = {"NR_CPUS": 2, "NR_VMAS": 2}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory next to a mapping that keeps the table, store to it, and borrow."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 1, 1, 0)
    do_mmap(NULL, 0, 1, 0)
    sd_access(0, True)
    context_switch(NULL)


@setup(cpu=0)
def second_thread() -> None:
    """Run another thread of the process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1)
def switcher() -> None:
    """Go on with the process, and store to the memory."""
    context_switch(record(mm_struct, 0))
    sd_access(0, True)


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)
