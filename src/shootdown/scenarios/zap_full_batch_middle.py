# SPDX-License-Identifier: GPL-2.0-only
"""zap+full-batch-middle: the gather is full in the middle of a table, before v3.11

As zap+full-batch, with two pages, which fill the gather. The range flush of v3.6 was told to flush
from the page that fills it to the end of the table: what zap has still before it, and not what it
has passed. So the page before is freed while other CPUs may still have it in their TLBs.

Commit e6c495a96ce0 (v3.11) turned that round, and left out the last page instead, which
ce9ec37bddb6 (v3.18) brought back. Without ranges, and with ranges that grow with each entry
(v3.19), no page is left out.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+full-batch-middle"
BOUNDS = {
    "LEVELS": 1,
    "NR_VMAS": 1,
    "NR_PAGES": 2,
    "FREE_PTE_NR": 2,
    "MMU_GATHER_BUNDLE": 2,
}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.6", violated("stale_access"), source="A03 / e6c495a96ce0"),
    since("v3.11", violated("stale_access"), source="A24 / ce9ec37bddb6"),
    since("v3.18", holds(), source="ce9ec37bddb6"),
)


@setup(cpu=1)
def process() -> None:
    """Take two pages and store to them."""
    sd_take_memory(record(mm_struct, 0), 2)
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
    """Load from the pages until they are gone."""
    sd_user(0b11, 0)
