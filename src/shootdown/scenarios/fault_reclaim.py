# SPDX-License-Identifier: GPL-2.0-only
"""fault+reclaim: the first faults in fresh memory, and reclaim at once

Two threads store to a page of fresh memory that nobody has used. One of them maps it, and gives the
mapping its anon_vma, by which reclaim finds the entry. Reclaim may have the page as soon as it is
on its list: it sends it to the swap area, and a thread brings it back.

There is one page in the end, with what was stored, or it is in its slot.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "fault+reclaim"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 3, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map fresh memory."""
    sd_take_memory(record(mm_struct, 0), 1)


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1)
def first_writer() -> None:
    """Store to the page."""
    sd_access(0, True)


@task(cpu=2)
def second_writer() -> None:
    """Store to it as well."""
    sd_access(0, True)


@task(cpu=0)
def reclaimer() -> None:
    """Free pages, again and again."""
    try_to_free_pages()
    try_to_free_pages()
