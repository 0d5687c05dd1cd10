# SPDX-License-Identifier: GPL-2.0-only
"""planted-swap-unflushed: a page goes to the swap area while a CPU still stores to it

A planted mistake: what was put off is not flushed before the page is written. The thread stores to
it through what its TLB remembers, after the disk has read the page: the slot has a torn copy, and
the page is clean, so it is dropped.
"""

from __future__ import annotations

from shootdown.lang import absent, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_use_memory_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "planted-swap-unflushed"
BOUNDS = {"NR_PAGES": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.3", violated("lost_write"), source="planted"),
)


@kernel
def try_to_unmap_flush_dirty() -> None:
    """Leave it to the end of the list.

    Kernel: mm/rmap.c, v6.18
    Context: interrupts on
    Deviates: flushes nothing
    """


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it; let it grow old."""
    sd_use_memory_long_ago(record(mm_struct, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
