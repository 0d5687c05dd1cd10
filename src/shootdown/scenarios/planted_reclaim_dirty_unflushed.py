# SPDX-License-Identifier: GPL-2.0-only
"""planted-reclaim-dirty-unflushed: reclaim writes a page that CPUs still store to

A planted mistake: the flush of a dirty page is put off, as d950c9477d51 does, but not only until
the page is written. The disk reads the page, then a thread stores to it once more, through what its
TLB remembers; what the disk has is torn. The page is clean and its entry gone, so nobody will ever
write it again; most often it is even dropped at once.
"""

from __future__ import annotations

from shootdown.lang import absent, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_under_pressure, sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.vmscan import balance_pgdat

NAME = "planted-reclaim-dirty-unflushed"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.3", violated("lost_write"), source="B01 / d950c9477d51"),
    since("v6.18", absent()),
)


@kernel
def try_to_unmap_flush_dirty() -> None:
    """Let the flush wait.

    Kernel: mm/rmap.c, v6.18
    Context: interrupts on
    Deviates: does nothing
    """


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and store to it, and then do something else."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), True)
    sd_under_pressure(record(address_space, 0))


@task(cpu=0)
def kswapd() -> None:
    """Write the page and free it."""
    balance_pgdat()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
