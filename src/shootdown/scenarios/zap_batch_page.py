# SPDX-License-Identifier: GPL-2.0-only
"""zap+batch-page: the gather asks for pages to queue more in, and gets them or not

munmap() of three pages, with a gather that holds one by itself and two more in each page that it
gets; and any request may fail. So the gather fills, zap flushes and starts again; it asks again,
now that there are free pages; and what it got is used again after a flush, and is given back at
the end.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+batch-page"
BOUNDS = {
    "LEVELS": 1,
    "PTRS_PER_TABLE": 3,
    "NR_VMAS": 1,
    "NR_PAGES": 4,
    "FREE_PTE_NR": 2,
    "ZAP_BLOCK_SIZE": 2,
    "MMU_GATHER_BUNDLE": 1,
    "MAX_GATHER_BATCH": 2,
    "NR_GATHER_BATCHES": 1,
}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.6", violated("stale_access"), source="A03 / e6c495a96ce0"),
    since("v3.11", violated("stale_access"), source="A24 / ce9ec37bddb6"),
    since("v3.18", holds(), source="ce9ec37bddb6"),
)


@setup(cpu=1)
def process() -> None:
    """Take three pages and store to them."""
    sd_take_memory(record(mm_struct, 0), 3)
    sd_access(0, True)
    sd_access(1, True)
    sd_access(2, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the pages back."""
    sys_munmap(0, 3)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the pages until they are gone."""
    sd_user(0b111, 0)
