# SPDX-License-Identifier: GPL-2.0-only
"""zap+full-batch-huge: it is a huge page that fills the gather

A mapping has two huge pages, and each of them fills the gather. A huge page is queued without a
page-table lock, and flushed and freed where it is queued, so there is room for the next. From v3.6
to v3.10 that flush is of nothing, as in zap+full-batch-table.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+full-batch-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1, "FREE_PTE_NR": 1, "MMU_GATHER_BUNDLE": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.6", violated("stale_access"), source="A03 / 2b047252d087"),
    since("v3.11", holds(), source="2b047252d087"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, and store to its beginning and to its end."""
    sd_take_memory(record(mm_struct, 0), 4)
    sd_access(0, True)
    sd_access(3, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from both huge pages."""
    sd_user(0b1001, 0)


@task(cpu=0)
def unmapper() -> None:
    """Give all of it back."""
    sys_munmap(0, 4)
