# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+wp-huge: MADV_DONTNEED of a read-only huge page that is just becoming writable

Somebody watches for stores to a huge page, so its entry is read-only. One thread stores to it, and
the fault makes the entry writable; another thread gives the page back. The lock of the entry makes
one of them first. If that is the second, the fault finds another entry than before, and leaves it
alone; else the page would be back.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.fs.proc.task_mmu import sd_clear_soft_dirty
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise

NAME = "dontneed+wp-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.0", holds()),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, store to it, and be watched."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)
    sd_clear_soft_dirty(record(mm_struct, 0))


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def writer() -> None:
    """Store to the huge page."""
    sd_access(0, True)


@task(cpu=1)
def adviser() -> None:
    """Give the huge page back."""
    sys_madvise(0, 2)
