# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+free: reclaim drops a page that MADV_FREE has given up, unless it is stored to

A thread stores to a page of fresh memory. Another says with MADV_FREE that what is there is not
needed, which makes the entry clean. Reclaim takes the entry out, and if it is clean still, drops
the page without writing it. What the first thread stores after the call has returned must be kept:
either the entry is dirty by then, or it is gone, and the thread gets a fresh page.

So the call flushes, before it returns, what it has cleaned. If reclaim has come first and put off
its flush, the call finds an entry that names a slot, and frees that; 3ea277194daa (v4.13) lets it
flush what was put off.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_use_memory_long_ago
from shootdown.linux.kernel.user import sd_run_in, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+free"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 3, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", holds(), source="3ea277194daa"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it; let it grow old."""
    sd_use_memory_long_ago(record(mm_struct, 0))


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=2)
def disowner() -> None:
    """Say that the page is not needed."""
    sd_madvise_free(0, 1)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
