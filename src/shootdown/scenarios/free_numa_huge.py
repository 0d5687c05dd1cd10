# SPDX-License-Identifier: GPL-2.0-only
"""free+numa-huge: a store after MADV_FREE, while NUMA balancing changes the entry of the huge page

MADV_FREE has made the entry of a huge page clean, so that reclaim may drop the page; a thread may
still use it, and the dirty bit will tell. Now it stores, while another thread makes the huge page
inaccessible to see who uses it. That reads the entry, and overwrites it with one that allows no
access. A CPU that sets the dirty bit in between does so for nothing: reclaim drops the page, and
what was stored is lost.

So it is since ced108037c2a (v4.11), which does not take the entry out any more. Commit d52605d7cb30
(v4.16) exchanges the one for the other, and looks at what it gets.
"""

from __future__ import annotations

from shootdown.lang import absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free
from shootdown.linux.mm.mempolicy import task_numa_work

NAME = "free+numa-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True, "PROTNONE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", holds()),
    since("v4.11", violated("lost_write"), source="d52605d7cb30"),
    at("pmdp_establish^", violated("lost_write"), source="d52605d7cb30"),
    at("pmdp_establish", holds(), source="d52605d7cb30"),
    since("v4.16", holds(), source="d52605d7cb30"),
)


@setup(cpu=1)
def process() -> None:
    """Have a huge page of fresh memory, and say that what it holds is not needed."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)
    sd_madvise_free(0, 2)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the huge page all the same."""
    sd_user(0, 0b10)


@task(cpu=0)
def balancer() -> None:
    """Find out who uses the huge page."""
    task_numa_work(0, 2)
