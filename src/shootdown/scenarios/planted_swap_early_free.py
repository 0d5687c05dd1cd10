# SPDX-License-Identifier: GPL-2.0-only
"""planted-swap-early-free: reclaim frees a page of the swap cache before it flushes

A planted mistake: a page that is clean, since its slot has what it holds, is freed as soon as it
has left the swap cache. A thread goes on loading from it.
"""

from __future__ import annotations

from shootdown.lang import Ref, absent, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import folio, mm_struct
from shootdown.linux.include.linux.mmzone import sd_folio_list
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_access, sd_swap_out, sd_take_memory, sd_user
from shootdown.linux.mm.page_alloc import free_unref_page
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "planted-swap-early-free"
BOUNDS = {"NR_PAGES": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.3", violated("stale_access"), source="planted"),
)


@kernel
def sd_free_later(free_folios: Ref[sd_folio_list], folio: Ref[folio]) -> None:
    """Free the page now.

    Kernel: none
    Context: may sleep
    Deviates: the flush comes later
    """
    free_unref_page(folio)


@setup(cpu=1)
def process() -> None:
    """Load a page back from the swap area, and let it grow old."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_swap_out(0)
    sd_access(0, False)
    sd_age_memory()


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)
