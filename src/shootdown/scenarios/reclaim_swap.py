# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+swap: a page of fresh memory goes to the swap area while a thread uses it

The thread has stored to the page, and its TLB entry is writable and dirty. Reclaim gives the page a
slot, replaces its entry by one that names the slot, writes the page, and frees it. What the thread
stores after the disk has read the page would be lost: so all CPUs are flushed before, up to v4.2
under the page-table lock, then by try_to_unmap_flush_dirty(). A thread that needs the page
meanwhile finds it in the swap cache, or reads it back.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_use_memory_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+swap"
BOUNDS = {"NR_PAGES": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (since("v2.6.39", holds(), source="d950c9477d51"),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it, and then do something else for a while."""
    sd_use_memory_long_ago(record(mm_struct, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page and store to it."""
    sd_user(1, 1)
