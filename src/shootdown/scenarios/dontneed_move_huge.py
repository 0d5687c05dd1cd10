# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+move-huge: MADV_DONTNEED passes by a huge page that NUMA balancing moves

NUMA balancing has made a huge page inaccessible. A thread loads from it, on a CPU far away, so the
fault copies the page to memory that is nearer, and maps the copy. From 3f926ab945b6 (v3.12) on, it
empties the entry first, and flushes. Another thread calls MADV_DONTNEED, which looks at the entry
without its lock, finds none, and returns. Then the copy is mapped, with what was to be given up.

As dontneed+numa-huge, and left over when that was mended: d7c3393413fe (v4.20) stores the new entry
over the old one. Since c5b5a3dd2c1f (v5.14) huge pages are moved as all others.
"""

from __future__ import annotations

from shootdown.lang import NULL, absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_run_in
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.mempolicy import task_numa_work
from shootdown.linux.mm.mmap import do_mmap

NAME = "dontneed+move-huge"
BOUNDS = {"NR_PAGES": 3, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True, "PAGES_MOVE": True, "PROTNONE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", holds()),
    since("v3.12", violated("protection"), source="C05 / d7c3393413fe"),
    at("huge_move_kept^", violated("protection"), source="C05 / d7c3393413fe"),
    at("huge_move_kept", holds(), source="d7c3393413fe"),
    since("v4.20", holds(), source="d7c3393413fe"),
    since("v5.14", absent()),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, store to it, and be balanced."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 0, 2, 0)
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
