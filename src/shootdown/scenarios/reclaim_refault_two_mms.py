# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-refault-two-mms: a page of a file is dropped, and another process brings it back

As in reclaim+refault; but the two that use the page are processes, which share it through the
file. One loads from it. Reclaim takes its entry out, puts the flush off, and drops the page. The
other one has not used the page yet. It stores to it, and the page comes from the disk into another
frame. The first process goes on loading from the old one.

So it would not do to flush, when the page comes back, the address space in which it does.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_new_process, sd_user
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-refault-two-mms"
BOUNDS = {
    "NR_CPUS": 3,
    "NR_PAGES": 3,
    "NR_MM": 2,
    "NR_VMAS": 2,
    "LEVELS": 1,
    "PTRS_PER_TABLE": 1,
}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("coherence")),
)


@setup(cpu=1)
def loading_process() -> None:
    """Map a page of a file and load from it; leave it alone for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@setup(cpu=2)
def storing_process() -> None:
    """Map the same page."""
    sd_new_process(record(mm_struct, 1))
    do_mmap(record(address_space, 0), 0, 1, 0)


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()


@task(cpu=2, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)
