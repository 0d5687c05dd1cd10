# SPDX-License-Identifier: GPL-2.0-only
"""zap+full-batch-table: it is a page table that fills the gather

munmap() of one page, and of the page table that nothing else uses: tables are queued as pages are.
From v3.6 to v3.10 the range to flush is known to zap, which is not asked here, and to the caller,
who tells it at the end. So the gather that the table fills flushes a range of nothing, and frees
the page and the table. Commit 2b047252d087 (v3.11) gives it the range when it begins.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+full-batch-table"
BOUNDS = {"NR_VMAS": 1, "FREE_PTE_NR": 2, "MMU_GATHER_BUNDLE": 2}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.6", violated("stale_access"), source="A03 / 2b047252d087"),
    since("v3.11", holds(), source="2b047252d087"),
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
def unmapper() -> None:
    """Give the page back, and with it the table."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def user() -> None:
    """Load and store until the page is gone."""
    sd_user(1, 1)
