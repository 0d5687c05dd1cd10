# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+softdirty-huge: MADV_DONTNEED passes by a huge page that is about to be watched

As dontneed+numa-huge; here another process asks to be told of stores, by /proc/PID/clear_refs. It
takes the entry of the huge page out, and puts it back read-only. mmap_sem was held for reading up
to v5.10, so a call of MADV_DONTNEED may come and go in between.

Huge pages were split for this up to v3.19, and entries not taken out up to v4.3 (326c2597a3b1).
Commit 5b7abeae3af8 (v4.11) keeps the entry.
"""

from __future__ import annotations

from shootdown.lang import absent, at, holds, record, setup, since, task, violated
from shootdown.linux.fs.proc.task_mmu import sd_clear_soft_dirty
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise

NAME = "dontneed+softdirty-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.0", holds()),
    since("v4.4", violated("protection"), source="C05 / 5b7abeae3af8"),
    at("huge_clear_refs_invalidated^", violated("protection"), source="C05 / 5b7abeae3af8"),
    at("huge_clear_refs_invalidated", holds(), source="5b7abeae3af8"),
    since("v4.11", holds(), source="5b7abeae3af8"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, and store to it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)


@task(cpu=0)
def watcher() -> None:
    """Watch for stores from now on."""
    sd_clear_soft_dirty(record(mm_struct, 0))


@task(cpu=1)
def adviser() -> None:
    """Give the huge page back, and store to what is there then."""
    sys_madvise(0, 2)
    sd_access(1, True)
