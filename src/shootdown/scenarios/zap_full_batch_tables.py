# SPDX-License-Identifier: GPL-2.0-only
"""zap+full-batch-tables: a page table fills the gather, and another one comes

munmap() of one page, and of the page tables of two levels that nothing else uses: tables are queued
as pages are. The lower one fills the gather, which is flushed and emptied, so there is room for the
upper one. From v3.6 to v3.10 that flush is of nothing, as in zap+full-batch-table. From v6.15 on
tables have batches of their own.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+full-batch-tables"
BOUNDS = {
    "LEVELS": 3,
    "PTRS_PER_TABLE": 1,
    "NR_TABLES": 3,
    "NR_VMAS": 1,
    "FREE_PTE_NR": 2,
    "MMU_GATHER_BUNDLE": 2,
}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.6", violated("stale_access"), source="A03 / 2b047252d087"),
    since("v3.11", holds(), source="2b047252d087"),
)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the page back, and with it the tables."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def user() -> None:
    """Load and store until the page is gone."""
    sd_user(1, 1)
