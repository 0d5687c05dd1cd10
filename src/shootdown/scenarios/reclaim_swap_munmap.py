# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-swap+munmap: munmap() of a page that reclaim is sending to the swap area

A thread has stored to a page of fresh memory, and loads from it. Reclaim gives the page a slot, and
puts an entry in place of the page's that names it. Another thread unmaps the memory, and finds
either entry. Whoever is last frees the page and the slot: munmap() leaves the page to reclaim if
that has locked it, and reclaim does not write a page that no entry needs.

There is no present entry, so munmap() itself flushes nothing. What reclaim has put off must be
flushed before it returns, as since 3ea277194daa (v4.13), or the thread still loads from the page.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_use_memory_long_ago
from shootdown.linux.kernel.user import sd_run_in, sd_unmap, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-swap+munmap"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", holds(), source="3ea277194daa"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it; let it grow old."""
    sd_use_memory_long_ago(record(mm_struct, 0))


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page and store to it until it is unmapped."""
    sd_user(1, 1)


@task(cpu=2)
def unmapper() -> None:
    """Give the memory back."""
    sd_unmap(0, 1)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
