# SPDX-License-Identifier: GPL-2.0-only
"""mremap+fault: a thread uses memory while another moves it

A thread stores to fresh memory, where it is and where it will be, while another moves it to
addresses of another table. Faults wait for mmap_lock. Who comes too late to the old place or too
early to the new one gets SIGSEGV; nobody brings a page into a table that mremap() is about to free.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mremap import sys_mremap

NAME = "mremap+fault"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 3, "NR_VMAS": 2}
EXPECT = (since("v2.6.39", holds()),)


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
def mover() -> None:
    """Move the memory."""
    sys_mremap(0, 1, 2)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the memory where it was, and where it is then."""
    sd_user(0, 0b0101)
