# SPDX-License-Identifier: GPL-2.0-only
"""numa+fault-huge: two threads use a huge page that NUMA balancing makes inaccessible

As numa+fault, with a huge page, and while it is made inaccessible: the faults find an entry that
allows no access, and either wait until it is what it shall be, or make it accessible again.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mempolicy import task_numa_work

NAME = "numa+fault-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True, "PROTNONE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", holds()),
)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory, as large as a huge page, and store to it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the huge page and store to it."""
    sd_user(0b01, 0b10)


@task(cpu=0)
def balancer() -> None:
    """Make the huge page inaccessible, and load from it."""
    task_numa_work(0, 2)
    sd_access(0, False)
