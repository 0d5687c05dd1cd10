# SPDX-License-Identifier: GPL-2.0-only
"""munmap+dontneed-lazy: munmap() frees a table, not alone, while a kernel thread borrows the mm

A thread unmaps a page, and with it frees a page table; another thread gives back a page somewhere
else by MADV_DONTNEED. A third CPU borrows the address space, and may walk the table.

Since dd2283f2605e (v4.20) both are at work at the same time. A gather that was not alone flushes in
any case; from v4.13 to v5.1 it first forgot all it knew, that it had freed a table included. Then
the flush spares the borrower, which is told of freed tables only (145f573b89a6, v4.20).
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_switch_to, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "munmap+dontneed-lazy"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 1, "NR_TABLES": 3, "NR_VMAS": 2}
CONFIG = {"LAZY_TLB": True}
HARDWARE = {"tlb_walker": (2,)}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.20", violated("table_uaf"), source="A07 / 7a30df49f63a"),
    since("v6.1", holds(), source="7a30df49f63a"),
)


@setup(cpu=2)
def first_cpu() -> None:
    """Map two ranges, store to the first, and leave the CPU to a kernel thread."""
    sd_take_memory(record(mm_struct, 0), 1)
    do_mmap(NULL, 2, 1, 0)
    sd_access(0, True)
    context_switch(NULL)


@setup(cpu=0)
def second_cpu() -> None:
    """Run its thread here."""
    sd_switch_to(record(mm_struct, 0))


@setup(cpu=1)
def second_thread() -> None:
    """Run another one."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Unmap the first range, and free its table."""
    sys_munmap(0, 1)


@task(cpu=1)
def adviser() -> None:
    """Give the second range back, in which there is nothing."""
    sys_madvise(2, 1)
