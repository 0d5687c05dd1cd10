# SPDX-License-Identifier: GPL-2.0-only
"""numa+fault: two threads use a page that NUMA balancing has made inaccessible

The page is of a file and stays where it is. The first fault makes it accessible again; it takes the
entry out for a moment, so that no CPU sets bits in it meanwhile. The other thread's fault must not
take that for a page that was never mapped.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mempolicy import task_numa_work

NAME = "numa+fault"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"PROTNONE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", holds()),
)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file, use it, and be balanced."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)
    task_numa_work(0, 1)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0, kind="user")
def user() -> None:
    """Load from the page and store to it."""
    sd_user(1, 1)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)
