# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+lazyfree: a page of a large folio is given back while reclaim drops the folio

A process has said with MADV_FREE that it needs neither page of a large folio. It stores to them
again, while it gives the first back at once, with MADV_DONTNEED, and reclaim takes the folio out of
the page table: both entries together since v6.15, if it comes first, or the second alone. Whoever
is last frees all of the folio. What was stored to the second page in time brings it back.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.large import sd_store_to_large_folio
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free, sys_madvise
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "dontneed+lazyfree"
BOUNDS = {
    "FOLIO_PAGES": 2,
    "LEVELS": 1,
    "NR_CPUS": 3,
    "NR_FILE_PAGES": 2,
    "NR_PAGES": 4,
    "NR_VMAS": 1,
    "SWAP_CLUSTER_MAX": 1,
}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (since("v2.6.39", absent()), since("v6.10", holds()))


@setup(cpu=1)
def process() -> None:
    """Store to a large folio, give it up, and let it grow old."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_store_to_large_folio(0)
    sd_madvise_free(0, 2)
    sd_age_memory()


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the second page."""
    sd_user(0, 0b10)


@task(cpu=2)
def adviser() -> None:
    """Give the first page back."""
    sys_madvise(0, 1)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
