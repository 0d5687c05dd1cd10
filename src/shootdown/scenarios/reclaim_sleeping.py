# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-sleeping: a task sleeps with a flush put off, and its CPU runs another that reclaims, too

Reclaim may sleep between any two pages. What it has put off by then belongs to the task: another
one that runs on the CPU meanwhile, and takes the next page of the list, flushes and forgets what it
has put off itself. A user thread runs in between, too, and uses the pages through the TLB that all
three share: up to the flush it may, for nothing is freed before.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-sleeping"
BOUNDS = {
    "NR_CPUS": 2,
    "NR_PAGES": 3,
    "NR_FILE_PAGES": 3,
    "LEVELS": 1,
    "PTRS_PER_TABLE": 3,
    "NR_VMAS": 1,
}
CONFIG = {"CONFIG_PREEMPTION": False, "RECLAIM": True}
EXPECT = (since("v2.6.39", holds(), source="72b252aed506"),)


@setup(cpu=1)
def process() -> None:
    """Map three pages and load from them."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)
    sd_access(1, False)
    sd_access(2, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process, and use the pages for the last time."""
    sd_run_in(record(mm_struct, 0))
    sd_access(0, False)
    sd_access(2, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def first_reclaimer() -> None:
    """Free two pages."""
    try_to_free_pages()


@task(cpu=0)
def second_reclaimer() -> None:
    """Free the third."""
    try_to_free_pages()


@task(cpu=0, kind="user")
def reader() -> None:
    """Load from two of the pages, between these two."""
    sd_user(0b101, 0)
