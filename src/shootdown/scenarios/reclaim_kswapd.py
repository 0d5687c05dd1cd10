# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+kswapd: kswapd writes and frees a dirty page of a file that a thread stores to

Reclaim has met so many dirty pages that kswapd writes some itself. It unmaps a page; if the entry
was dirty, a CPU may go on storing through what its TLB remembers, until it is flushed. The page is
written, nobody has made it dirty again, and it is freed: what was stored after the disk had read it
is lost. So the flush comes before the page is written.

Up to v4.2 each page is flushed when it is unmapped. Commit 72b252aed506 puts off the flush of clean
pages: a store through a clean entry must look at the tables first, finds nothing, and faults.
d950c9477d51 puts off that of dirty ones, too, as far as it can: try_to_unmap_flush_dirty() stands
before each pageout(). From v6.16 on, reclaim leaves dirty pages of files alone.

The first page is clean. It is freed when all is flushed.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age, sd_under_pressure
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user
from shootdown.linux.mm.vmscan import balance_pgdat

NAME = "reclaim+kswapd"
BOUNDS = {"NR_PAGES": 4, "NR_FILE_PAGES": 2, "LEVELS": 1, "NR_VMAS": 1}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds(), source="d950c9477d51"),
    at("defer_writable_flush^", holds(), source="72b252aed506"),
)


@setup(cpu=1)
def process() -> None:
    """Map two pages, load from the first and store to the second, and use neither for a while."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)
    sd_access(1, True)
    sd_age(record(address_space, 0))
    sd_under_pressure(record(address_space, 0))


@task(cpu=0)
def kswapd() -> None:
    """Free some pages, and write them if they are dirty."""
    balance_pgdat()


@task(cpu=1, kind="user")
def user() -> None:
    """Load from both pages and store to the second."""
    sd_user(0b11, 0b10)
