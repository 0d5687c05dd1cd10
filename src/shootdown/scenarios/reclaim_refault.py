# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+refault: a page of a file is dropped, and comes back before reclaim has flushed

Two threads have a page of a file mapped. One loads from it; the page is clean. Reclaim unmaps it,
puts off the flush, as it is of a clean entry, and takes the page out of the page cache.

The other thread stores to the page. It takes a fault, finds nothing in the page cache, and the page
is read from the disk into another frame. No flush belongs to that, since the entry was empty. The
first thread loads from the old frame, and does not see what the second one has stored, though it
may have been told by other means that it has. The flush comes at the end of the list, which may
take long: reclaim may write other pages before, or lose its CPU.

Up to v4.2, the page is flushed under the page-table lock, before anybody finds the entry empty.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_run_in, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+refault"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 3, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("coherence")),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file, load from it, and then do something else for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process, and wait for something to write down."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=2, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()
