# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+writer: a task that needs memory takes pages of a file from a thread that uses them

The thread has stored to one page and loaded from another, and its TLB remembers both. Reclaim takes
out both entries. The dirty page is left to the flushers: only kswapd writes pages of files. The
clean one leaves the page cache; it may be read from the disk again. Before it is freed all CPUs are
flushed that may remember it: up to v4.2 under the page-table lock, page by page; since 72b252aed506
by one flush for all pages of the list, which comes just before they are freed.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+writer"
BOUNDS = {"NR_PAGES": 3, "NR_FILE_PAGES": 2, "LEVELS": 1, "NR_VMAS": 1}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds(), source="72b252aed506"),
    at("defer_writable_flush^", holds(), source="72b252aed506"),
)


@setup(cpu=1)
def process() -> None:
    """Map two pages, store to the first and load from the second, and use neither for a while."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)
    sd_access(1, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def user() -> None:
    """Store to the first page and load from both."""
    sd_user(0b11, 0b01)
