# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+swap-io: a page goes to the swap area, and the disk takes its time

As reclaim+swap, but who submits a page goes on: the disk reads the page whenever it likes, while
the page is under writeback. Reclaim keeps it then, flushes what it has put off, and returns. The
thread whose page it is finds it in the swap cache meanwhile, and may store to it anew, before or
after the disk has read it: then its entry says so, and what the slot has is outdated, or torn.

A second reclaim finds the page again: it waits for no writeback, and frees what is clean. If the
page was used meanwhile, it has another chance, until a third reclaim finds it.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES
from shootdown.hw.disk import hw_write_block
from shootdown.hw.published import page_flags, page_place
from shootdown.lang import (
    Ref,
    atomic,
    choose,
    holds,
    kernel,
    record,
    rest,
    setup,
    since,
    task,
    wait_until,
)
from shootdown.linux.fs.mpage import folio_end_writeback, folio_start_writeback
from shootdown.linux.include.linux.mm_types import folio, mm_struct, page
from shootdown.linux.include.linux.pagemap import folio_unlock
from shootdown.linux.kernel.pressure import sd_use_memory_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+swap-io"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (since("v2.6.39", holds(), source="d950c9477d51"),)


@kernel
def __swap_writepage(folio: Ref[folio]) -> None:
    """Tell the disk to read the page.

    Kernel: mm/page_io.c, v6.18
    Context: folio locked, unlocked on return; may sleep
    Deviates: nothing
    """
    folio_start_writeback(folio)
    folio_unlock(folio)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it; let it grow old."""
    sd_use_memory_long_ago(record(mm_struct, 0))


@task(cpu=2)
def disk() -> None:
    """Read a page that is under writeback, and tell when that is done."""
    while True:
        rest()
        with atomic():
            pfn = choose(NR_PAGES)
            wait_until(record(page_flags, pfn).writeback)
            hw_write_block(pfn, record(page_place, pfn).swap)
        folio_end_writeback(record(page, pfn))


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages, three times."""
    try_to_free_pages()
    try_to_free_pages()
    try_to_free_pages()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
