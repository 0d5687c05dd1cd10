# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+numa-fault-huge: MADV_DONTNEED of a huge page that is just becoming accessible again

NUMA balancing has made a huge page inaccessible. One thread loads from it, and the fault makes it
accessible; another gives it back. The lock of the entry makes one of them first. If that is the
second, the fault finds another entry than before, and leaves it alone; else the page would be back.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.mempolicy import task_numa_work

NAME = "dontneed+numa-fault-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True, "PROTNONE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", holds()),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, store to it, and be balanced."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)
    task_numa_work(0, 2)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def reader() -> None:
    """Load from the huge page."""
    sd_access(0, False)


@task(cpu=1)
def adviser() -> None:
    """Give the huge page back."""
    sys_madvise(0, 2)
