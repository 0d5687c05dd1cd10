# SPDX-License-Identifier: GPL-2.0-only
"""zap+levels: munmap() frees the tables of all five levels but the root

A thread uses a page; another unmaps it. Nothing else is mapped, so one table after the other is
unlinked, from the lowest level up, and all are freed after the flush. A walk may rest at any level.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+levels"
BOUNDS = {
    "LEVELS": 5,
    "PTRS_PER_TABLE": 1,
    "NR_TABLES": 5,
    "NR_VMAS": 1,
    "FREE_PTE_NR": 7,
    "MMU_GATHER_BUNDLE": 7,
}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load and store until the page is gone."""
    sd_user(1, 1)


@task(cpu=0)
def unmapper() -> None:
    """Give the page back, and with it the tables."""
    sys_munmap(0, 1)
