# SPDX-License-Identifier: GPL-2.0-only
"""numa+move-huge: a huge page is moved while a CPU still stores to it

A thread makes a huge page inaccessible, to see who uses it, and is about to flush. Another, far
away, finds the new entry already. Its fault copies the page to memory that is nearer, as nobody can
store to it. But a third thread can, through what its TLB has. What it stores after the copy was
made is lost.

Since 20841405940e (v3.13) the fault flushes first if somebody is about to. From v4.11 to v5.18 the
entry is flushed where it is changed, under its lock. Since c5b5a3dd2c1f (v5.14) huge pages are
moved as all others.
"""

from __future__ import annotations

from shootdown.lang import NULL, absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_run_in, sd_user
from shootdown.linux.mm.mempolicy import task_numa_work
from shootdown.linux.mm.mmap import do_mmap

NAME = "numa+move-huge"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 4, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True, "PAGES_MOVE": True, "PROTNONE": True}
HARDWARE = {"tlb_walker": (2,)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", violated("lost_write"), source="C01 / 20841405940e"),
    since("v3.13", holds(), source="20841405940e"),
    since("v5.14", absent()),
)


@setup(cpu=2)
def process() -> None:
    """Take fresh memory, as large as a huge page, and store to it."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 0, 2, 0)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@setup(cpu=1)
def third_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def balancer() -> None:
    """Find out who uses the huge page."""
    task_numa_work(0, 2)


@task(cpu=1)
def reader() -> None:
    """Load from the huge page."""
    sd_access(0, False)


@task(cpu=2, kind="user")
def writer() -> None:
    """Store to the huge page."""
    sd_user(0, 0b10)
