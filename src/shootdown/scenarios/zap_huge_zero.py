# SPDX-License-Identifier: GPL-2.0-only
"""zap+huge-zero: munmap() of the huge zero page, which the shrinker frees before the flush

A thread has loaded from huge pages that nobody has stored to: it shares the huge zero page, which
is there as long as it is mapped somewhere, and until the shrinker takes it. Another thread unmaps
the range. It clears the entry, and gives the huge zero page back at once. The shrinker finds that
nobody needs it any more, and frees it. Then the first thread loads from it, by its translation that
is not flushed yet: by now the memory may have been given to anybody, with whatever they keep there.

Commit aa88b68c3b1d (v4.6) puts the huge zero page into the gather, which gives it back after the
flush. From 6fcb52a56ff6 (v4.9) on, an address space keeps it until its last thread has gone.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.huge_memory_zero import shrink_huge_zero_folio_scan
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+huge-zero"
BOUNDS = {"NR_CPUS": 3, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", violated("stale_access"), source="A15 / aa88b68c3b1d"),
    since("v4.6", holds(), source="aa88b68c3b1d"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, and load from it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 2)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the other end of the huge page."""
    sd_user(2, 0)


@task(cpu=2)
def shrinker() -> None:
    """Free the huge zero page if nobody needs it."""
    shrink_huge_zero_folio_scan()
