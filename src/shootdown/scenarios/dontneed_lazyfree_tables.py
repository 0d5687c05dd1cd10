# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+lazyfree-tables: reclaim takes an entry out of a table that it has not locked

As reclaim-lazyfree-tables, but the second table follows the first in memory. So reclaim finds there
what it looks for, and takes both entries out, with the lock of the first table alone (v6.15).
Before it has noted that the flush is put off, another thread gives the second page back. It holds
the lock of the second table, finds no entry, and no note: it returns, and a third thread still
stores to the page.

ddd05742b45b (v6.16) goes from table to table. What it cites is that reclaim reads beyond a table.
"""

from __future__ import annotations

from shootdown.lang import NULL, absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.large import sd_store_to_large_folio
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_new_process, sd_run_in, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free, sys_madvise
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.mremap import sys_mremap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "dontneed+lazyfree-tables"
BOUNDS = {
    "FOLIO_PAGES": 2,
    "NR_CPUS": 3,
    "NR_FILE_PAGES": 2,
    "NR_PAGES": 4,
    "NR_TABLES": 3,
    "NR_VMAS": 2,
    "PTRS_PER_TABLE": 4,
    "SWAP_CLUSTER_MAX": 1,
}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", absent()),
    since("v6.10", holds()),
    since("v6.15", violated("protection")),
    at("lazyfree_batch_end^", violated("protection")),
    at("lazyfree_batch_end", holds()),
    since("v6.16", holds(), source="ddd05742b45b"),
)


@setup(cpu=1)
def process() -> None:
    """Store to a large folio, give it up, and move it to where two tables meet."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 0, 2, 0)
    sd_store_to_large_folio(0)
    sd_madvise_free(0, 2)
    sys_mremap(0, 2, 3)
    sd_age_memory()


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the second page."""
    sd_user(0, 0b10000)


@task(cpu=2)
def adviser() -> None:
    """Give the second page back."""
    sys_madvise(4, 1)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
