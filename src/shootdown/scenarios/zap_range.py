# SPDX-License-Identifier: GPL-2.0-only
"""zap+range: munmap() of a range with several pages and page tables

A thread uses two pages that lie in neighbouring tables; another unmaps the range. All entries are
taken out, in all tables, and both pages and both tables are freed after the flush.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+range"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 3, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Take a range of fresh memory, and store on both sides of the tables' border."""
    sd_take_memory(record(mm_struct, 0), 4)
    sd_access(1, True)
    sd_access(2, True)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the one and store to the other, until the range is gone."""
    sd_user(0b0010, 0b0100)


@task(cpu=0)
def unmapper() -> None:
    """Give the range back."""
    sys_munmap(0, 4)
