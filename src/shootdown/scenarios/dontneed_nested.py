# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+dontneed: two threads give the same page back at the same time

Two threads call MADV_DONTNEED for one page; mmap_lock, held for reading, lets both in. The first
takes the entry out, and is about to flush. The second finds no entry, so it has nothing to flush
and returns. But its CPU still has the translation, and what the thread then loads is the old page,
which it has just given back.

Commit 99baac21e458 (v4.13) counts the gathers of an address space: one that is not alone flushes
its range at its end, whether it found anything or not.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise

NAME = "dontneed+dontneed"
BOUNDS = {"NR_VMAS": 1, "NR_PAGES": 2}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", violated("protection"), source="A06 / 99baac21e458"),
    since("v4.14", holds(), source="99baac21e458"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def first_adviser() -> None:
    """Give the page back."""
    sys_madvise(0, 1)


@task(cpu=1)
def second_adviser() -> None:
    """Give the page back, and load what is there then."""
    sys_madvise(0, 1)
    sd_access(0, False)
