# SPDX-License-Identifier: GPL-2.0-only
"""zap+batch-end: what was queued in a page of its own is freed at the end

munmap() of two pages, with a gather that holds one by itself, and gets a page to queue two more in,
or not. If it does, there is room for another when zap has come to its end: so both pages are
flushed and freed when the gather ends, and after them the page that one of them is queued in.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "zap+batch-end"
BOUNDS = {
    "NR_VMAS": 2,
    "PTRS_PER_TABLE": 3,
    "NR_PAGES": 3,
    "FREE_PTE_NR": 3,
    "MMU_GATHER_BUNDLE": 1,
    "MAX_GATHER_BATCH": 3,
    "NR_GATHER_BATCHES": 1,
}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.11", violated("stale_access"), source="A24 / ce9ec37bddb6"),
    since("v3.18", holds(), source="ce9ec37bddb6"),
)


@setup(cpu=1)
def process() -> None:
    """Take two pages and store to them; keep their page table in use."""
    sd_take_memory(record(mm_struct, 0), 2)
    do_mmap(NULL, 2, 1, 0)
    sd_access(0, True)
    sd_access(1, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the pages back."""
    sys_munmap(0, 2)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the second page until it is gone."""
    sd_user(0b10, 0)
