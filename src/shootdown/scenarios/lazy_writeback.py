# SPDX-License-Identifier: GPL-2.0-only
"""lazy+writeback: a kernel thread that borrows an address space cleans a page of it

A CPU runs a thread that stores to a page of a file, then a kernel thread that borrows its address
space, writes the page, and so cleans the entry, then the first thread again. The flush of that page
begins on this very CPU, which is lazy: it gives the address space up, or flushes, or catches up
later. Else the thread stores by a dirty translation that the table does not have, and nobody marks
the page.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "lazy+writeback"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and store to it; then borrow the address space."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)
    context_switch(NULL)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1)
def flusher() -> None:
    """Write the page; then go on with the process, which stores to it."""
    do_writepages(record(address_space, 0))
    context_switch(record(mm_struct, 0))
    sd_access(0, True)


@task(cpu=0, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
