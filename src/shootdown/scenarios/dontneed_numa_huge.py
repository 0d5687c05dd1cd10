# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+numa-huge: MADV_DONTNEED passes by a huge page that NUMA balancing has in its hands

A thread gives a huge page back, while another makes it inaccessible to see who uses it; mmap_sem,
held for reading, lets both in. NUMA balancing locks the entry, takes it out, and puts it back with
other rights. MADV_DONTNEED looks at the entry without the lock. In between, it finds none, and has
nothing to do. It returns, and the next load, which should find zeros, finds what was there before.

From v3.13 to v3.19 (5a6dac3ec5f5) NUMA balancing marks the entry where it is. Since 4d9424669946
(v4.0) it does as mprotect(). Commit ced108037c2a (v4.11) keeps the entry: for a while, it allows no
access, and still has its page.
"""

from __future__ import annotations

from shootdown.lang import absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.mempolicy import task_numa_work

NAME = "dontneed+numa-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True, "PROTNONE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", violated("protection"), source="C04"),
    since("v3.13", holds(), source="5a6dac3ec5f5"),
    since("v4.0", violated("protection"), source="C04 / ced108037c2a"),
    at("huge_numa_invalidated^", violated("protection"), source="C04 / ced108037c2a"),
    at("huge_numa_invalidated", holds(), source="ced108037c2a"),
    since("v4.11", holds(), source="ced108037c2a"),
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
def balancer() -> None:
    """Find out who uses the huge page."""
    task_numa_work(0, 2)


@task(cpu=1)
def adviser() -> None:
    """Give the huge page back, and load from what is there then."""
    sys_madvise(0, 2)
    sd_access(1, False)
