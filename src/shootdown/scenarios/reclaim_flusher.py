# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+flusher: reclaim unmaps a dirty page of a file and keeps it, and writeback writes it

A thread stores to a page of a shared file mapping; its TLB entry is writable and dirty. A task that
needs memory unmaps the page. It is dirty, and this task may not write it, so it goes back to its
list, unlocked, with the flush still put off: try_to_unmap_flush_dirty() stands further down, before
pageout(). The flush comes when all pages of the list are done.

Until then, writeback may lock the page. It is mapped nowhere, so page_mkclean() has nothing to do.
PG_dirty is cleared, the disk reads the page; and the thread stores to it once more, without a look
at the tables. The page is clean, its entry is gone: nobody will write it again. If the thread reads
the page through a new entry it even finds what it stored, until reclaim drops the page.

Up to v4.2, and with 72b252aed506 alone, a dirty entry is flushed under the page-table lock, before
the page counts as unmapped.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.page_writeback import do_writepages
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+flusher"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    at("defer_writable_flush^", holds()),
    since("v4.3", violated("lost_write")),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and store to it, and then do something else for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), True)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
