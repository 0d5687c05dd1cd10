# SPDX-License-Identifier: GPL-2.0-only
"""dontneed-huge-twice: two threads give back a huge page that they do not use any more

As dontneed+dontneed-huge, but no thread goes on to use what is there then, so nobody minds that one
of the two returns without a flush. What stays is the lock of the pmd entries: one thread takes the
huge page out, and the other finds nothing.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise

NAME = "dontneed-huge-twice"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, and store to it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def first_adviser() -> None:
    """Give the huge page back."""
    sys_madvise(0, 2)


@task(cpu=1)
def second_adviser() -> None:
    """Give the huge page back, too."""
    sys_madvise(0, 2)
