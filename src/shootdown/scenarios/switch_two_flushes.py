# SPDX-License-Identifier: GPL-2.0-only
"""switch+two-flushes: a flush of the old address space hits a CPU that loads another

A CPU switches from one process to another. On another CPU, each of the two unmaps a page: first the
old one, then the new. So the interrupt for the old process may come in the middle of the switch, if
the switch lets it. The CPU would then go by the old process's generation for the new one, and
believe that it has carried out the flush of the new one before that was asked for.

The switch has interrupts off until the CPU belongs to the new process, with all that goes with it.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.mmap import sys_munmap

NAME = "switch+two-flushes"
BOUNDS = {
    "NR_MM": 2,
    "NR_PAGES": 2,
    "NR_TABLES": 2,
    "NR_VMAS": 2,
    "LEVELS": 1,
    "PTRS_PER_TABLE": 1,
}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def both_processes() -> None:
    """Make two processes, each with a page."""
    sd_take_memory(record(mm_struct, 1), 1)
    sd_access(0, True)
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=0)
def thread_of_the_first() -> None:
    """Run a second thread of one of them."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def two_unmappers() -> None:
    """Give the page back in the one process, then in the other."""
    sys_munmap(0, 1)
    context_switch(record(mm_struct, 1))
    sys_munmap(0, 1)


@task(cpu=1)
def switching_user() -> None:
    """Run the other process, and load from its page twice."""
    context_switch(record(mm_struct, 1))
    sd_access(0, False)
    sd_access(0, False)
