# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+flusher-kswapd: kswapd unmaps a dirty page of a file and keeps it; writeback writes it

As reclaim+flusher, but it is kswapd that unmaps the page, at a time when it writes dirty pages
itself, and flushes before. This one it does not write: somebody has used it lately, by read() for
example, so it is to be freed only if it is clean. It goes back to its list, unlocked and unflushed.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_under_pressure, sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.page_writeback import do_writepages
from shootdown.linux.mm.vmscan import balance_pgdat

NAME = "reclaim+flusher-kswapd"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_CPUS": 3}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    at("defer_writable_flush^", holds()),
    since("v4.3", violated("lost_write")),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and store to it; let somebody read the file after a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), True)
    record(address_space, 0).i_pages[0].PG_referenced = True
    sd_under_pressure(record(address_space, 0))


@task(cpu=0)
def kswapd() -> None:
    """Free some pages."""
    balance_pgdat()


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
