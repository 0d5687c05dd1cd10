# SPDX-License-Identifier: GPL-2.0-only
"""lazy+munmap-table: a CPU that borrows an address space goes back to it, and walks its tables

As lazy+munmap, but the memory has a page table of its own, which is freed. The flush for that
reaches the borrower, too. It makes a CPU that still borrows give the address space up, and one that
has gone back to it flush; in between, with interrupts off, the CPU makes up for what it has missed.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.mmap import sys_munmap

NAME = "lazy+munmap-table"
BOUNDS = {"NR_CPUS": 2, "NR_VMAS": 1}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, store to it, and leave the CPU to a kernel thread."""
    sd_take_memory(record(mm_struct, 0), 1)
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
