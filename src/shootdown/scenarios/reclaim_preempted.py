# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-preempted: two tasks of a CPU reclaim, and take the CPU from each other

Wherever a task may be preempted, the other goes on: in the middle of a list, with flushes put off.
Only the flush itself keeps the CPU, and the list of CPUs to interrupt.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-preempted"
BOUNDS = {
    "NR_CPUS": 2,
    "NR_PAGES": 2,
    "NR_FILE_PAGES": 2,
    "SWAP_CLUSTER_MAX": 1,
    "LEVELS": 1,
    "NR_VMAS": 1,
}
CONFIG = {"RECLAIM": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map two pages and load from both, a while ago."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)
    sd_access(1, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def first_reclaimer() -> None:
    """Free a page."""
    try_to_free_pages()


@task(cpu=0)
def second_reclaimer() -> None:
    """Free a page, too."""
    try_to_free_pages()
