# SPDX-License-Identifier: GPL-2.0-only
"""zap+full-batch-others: other pages than the one that fills the gather are in use

munmap() of three pages, with a gather that two fill; another thread uses the first and the third.
Either the gather gets a page to queue the third in, which is freed last; or zap leaves its loop at
the second page to flush what it has passed, and free what it has queued, so there is room. From
v3.11 to v3.17 "passed" did not include the second page, which nobody uses here (zap+full-batch is
the same with one that is used). From v3.6 to v3.10 the flush was of what zap had not passed.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+full-batch-others"
BOUNDS = {
    "LEVELS": 1,
    "PTRS_PER_TABLE": 3,
    "NR_PAGES": 4,
    "NR_VMAS": 1,
    "FREE_PTE_NR": 2,
    "MMU_GATHER_BUNDLE": 2,
    "MAX_GATHER_BATCH": 3,
    "NR_GATHER_BATCHES": 1,
}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.6", violated("stale_access"), source="A03 / 2b047252d087"),
    since("v3.11", holds(), source="2b047252d087"),
)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to all of it."""
    sd_take_memory(record(mm_struct, 0), 3)
    sd_access(1, True)
    sd_access(0, True)
    sd_access(2, True)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 3)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the first page and from the third until they are gone."""
    sd_user(0b101, 0)
