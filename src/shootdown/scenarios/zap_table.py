# SPDX-License-Identifier: GPL-2.0-only
"""zap+table: munmap() frees a page table that a CPU may still walk

A thread stores to a page of a shared file mapping; another unmaps it. Nothing else is mapped in
the range of its page table, so that table is unlinked and freed, too.

A CPU that has read the entry above may be about to read the table, however long ago: that is what
paging-structure caches are for. So there must be a flush between the unlinking and the freeing,
even if all pages of the range have been flushed before the table was unlinked.

Commit 1cf35d47712d (v3.15) flushes dirty pages early, and moves the start of the range that is
left to flush behind them. Tables that are unlinked later do not move it back. So the last flush
is one of an empty range. Commit fb7332a9fedf (v3.19) lets each unlinked table extend the range.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+table"
BOUNDS = {"NR_CPUS": 2, "NR_VMAS": 1}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.15", violated("table_uaf")),
    since("v3.19", holds(), source="fb7332a9fedf"),
)


@setup(cpu=1)
def process() -> None:
    """Map the page and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Take the mapping away."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until it is gone."""
    sd_user(0, 0b01)
