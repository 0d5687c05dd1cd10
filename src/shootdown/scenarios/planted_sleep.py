# SPDX-License-Identifier: GPL-2.0-only
"""planted-sleep: zap locks a page under the page-table lock

A planted mistake: zap locks the page, under the page-table lock, to keep writeback away while it
counts the mapping down. Writeback locks the page first and then the page table: each waits for
the other. And a task must not sleep with a spinlock held.
"""

from __future__ import annotations

from shootdown.lang import Ref, atomic, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.include.linux.pagemap import folio_lock, folio_unlock
from shootdown.linux.kernel.user import sd_access, sd_take_memory
from shootdown.linux.mm.mmap import sys_munmap

NAME = "planted-sleep"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("sleep_in_atomic"), source="planted"),)


@kernel
def folio_remove_rmap_ptes(folio: Ref[page]) -> None:
    """Count an entry that maps the page no more, with the page locked.

    Kernel: mm/rmap.c, v6.18
    Context: ptl held
    Deviates: locks the page, which may sleep
    """
    folio_lock(folio)
    with atomic():
        folio._mapcount = folio._mapcount - 1
    folio_unlock(folio)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@task(cpu=0)
def sleeping_unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)
