# SPDX-License-Identifier: GPL-2.0-only
"""huge-zero+store: two threads load from a huge page's worth of fresh memory, and store to it

The loads get the huge zero page; whichever store is first puts a page of its own in its place, and
flushes the translations of the zero page, which is given back. Both threads may find the huge zero
page not there and make one, or a page of their own for the store: one of each two goes again. The
shrinker may look at any time.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.huge_memory_zero import shrink_huge_zero_folio_scan

NAME = "huge-zero+store"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 3, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
HARDWARE = {"tlb_walker": (0,)}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page."""
    sd_take_memory(record(mm_struct, 0), 2)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def first_writer() -> None:
    """Load from one end, store to it, and load once more."""
    sd_access(0, False)
    sd_access(0, True)
    sd_access(0, False)


@task(cpu=1)
def second_writer() -> None:
    """Load from the other end, store to it, and load once more."""
    sd_access(1, False)
    sd_access(1, True)
    sd_access(1, False)


@task(cpu=2)
def shrinker() -> None:
    """Free the huge zero page if nobody needs it."""
    shrink_huge_zero_folio_scan()
