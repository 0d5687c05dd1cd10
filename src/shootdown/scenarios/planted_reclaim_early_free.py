# SPDX-License-Identifier: GPL-2.0-only
"""planted-reclaim-early-free: reclaim frees pages before it flushes

A planted mistake: a page is freed as soon as it has left the page cache, and the flush that was put
off comes at the end of the list, as it should. Until then a thread loads from memory that belongs
to somebody else.
"""

from __future__ import annotations

from shootdown.lang import Ref, absent, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, folio, mm_struct
from shootdown.linux.include.linux.mmzone import sd_folio_list
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.page_alloc import free_unref_page
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "planted-reclaim-early-free"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.3", violated("stale_access"), source="planted"),
)


@kernel
def sd_free_later(free_folios: Ref[sd_folio_list], folio: Ref[folio]) -> None:
    """Free a page.

    Kernel: none
    Context: may sleep
    Deviates: at once
    """
    free_unref_page(folio)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and load from it, and then do something else for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@task(cpu=0)
def reclaimer() -> None:
    """Free a page."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)
