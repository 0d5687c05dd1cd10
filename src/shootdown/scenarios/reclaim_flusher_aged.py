# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+flusher-aged: kswapd looks twice at a page in use, and then unmaps and keeps it

As reclaim+flusher-kswapd, but all that reclaim knows of the page comes from its entry. The CPU has
set the accessed bit there when it looked the entry up. kswapd finds the bit in its first pass,
clears it, and lets the page be. It does not flush: the CPU goes on storing through what it
remembers, and has no reason to set the bit again. So the second pass finds a page that was used
once and not since, which is to be freed if it is clean. It is not: it is unmapped, and goes back
to its list, unlocked and unflushed.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_under_pressure
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user
from shootdown.linux.mm.page_writeback import do_writepages
from shootdown.linux.mm.vmscan import balance_pgdat

NAME = "reclaim+flusher-aged"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_CPUS": 3}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    at("defer_writable_flush^", holds()),
    since("v4.3", violated("lost_write")),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and store to it; kswapd meets dirty pages only."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)
    sd_under_pressure(record(address_space, 0))


@task(cpu=0)
def kswapd() -> None:
    """Free some pages, in two passes."""
    balance_pgdat()
    balance_pgdat()


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
