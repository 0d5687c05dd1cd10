# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+dontneed-huge: two threads give the same huge page back at the same time

As dontneed+dontneed, with a huge page: mmap_lock, held for reading, lets both in, and the lock of
the pmd entries makes one of them first. The other finds nothing, and returned without a flush until
99baac21e458 (v4.13), while its CPU still had the translation of the whole huge page.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise

NAME = "dontneed+dontneed-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", violated("protection"), source="A06 / 99baac21e458"),
    since("v4.13", holds(), source="99baac21e458"),
)


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
    """Give the huge page back, and store to what is there then."""
    sys_madvise(0, 2)
    sd_access(1, True)
