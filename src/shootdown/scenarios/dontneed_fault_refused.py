# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+fault-refused: a fault that can have no huge page, while others map one and give it back

Two threads store to fresh memory. One cannot have a huge page, so it takes a small one, for which
it needs a page table; mmap_sem is held for reading. It finds that there is something by now: the
other thread has mapped a huge page. It would go back if it saw that it is one. But MADV_DONTNEED
takes that away just then, so there is no huge page, and what there was must be a page table: the
fault goes on with the page table that an empty entry points at.

Commit ad33bb04b2a6 (v4.5) looks once, for both.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise

NAME = "dontneed+fault-refused"
BOUNDS = {"NR_PAGES": 3, "NR_TABLES": 3, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True, "HUGE_PAGE_REFUSED": True}
HARDWARE = {"tlb_walker": (0, 1)}
EXPECT = (
    since("v2.6.39", violated("table_uaf"), source="C06 / ad33bb04b2a6"),
    at("huge_fault_one_look^", violated("table_uaf"), source="C06 / ad33bb04b2a6"),
    at("huge_fault_one_look", holds(), source="ad33bb04b2a6"),
    since("v4.5", holds(), source="ad33bb04b2a6"),
)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory, as large as a huge page."""
    sd_take_memory(record(mm_struct, 0), 2)


@setup(cpu=1)
def its_second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def writer() -> None:
    """Store to the memory."""
    sd_access(0, True)


@task(cpu=1)
def adviser() -> None:
    """Store to the memory, and give it back."""
    sd_access(0, True)
    sys_madvise(0, 2)
