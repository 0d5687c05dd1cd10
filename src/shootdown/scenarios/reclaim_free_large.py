# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+free-large: MADV_FREE splits a large folio, and reclaim takes the next page meanwhile

A thread has stored to two pages of fresh memory. Another says with MADV_FREE that what is there is
not needed. The call takes the lock of the table and flushes what reclaim has put off. But the first
page belongs to a large folio that lies in the range in part: to split it, the call drops the lock,
and takes it again. In between, reclaim gives the second page a slot, and puts that flush off, too.
The call frees the slot and returns; the first thread stores to the page that its TLB remembers,
and the page is gone.

383c4613c67c (v6.16) looks for flushes that were put off after each taking of the lock. Up to v4.12
the call never looks for them, and no large folio is needed: reclaim+free.

The large folio was given up before as a whole, so the call finds its entry clean, and has nothing
to flush. If it had, it would be right: since v4.14 a CPU that is told to flush catches up with all
that it has missed. Reclaim takes one page. Translations come only by loads and stores here.
"""

from __future__ import annotations

from shootdown.lang import absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+free-large"
BOUNDS = {
    "NR_CPUS": 3,
    "NR_PAGES": 4,
    "LEVELS": 1,
    "NR_VMAS": 1,
    "NR_FILE_PAGES": 2,
    "SWAP_CLUSTER_MAX": 1,
}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", violated("protection"), source="B06 / 383c4613c67c"),
    at("madvise_relock_drain^", violated("protection"), source="B06 / 383c4613c67c"),
    at("madvise_relock_drain", holds(), source="383c4613c67c"),
    since("v6.16", holds(), source="383c4613c67c"),
)


@setup(cpu=1)
def process() -> None:
    """Store to fresh memory, give up a large folio of it, and let all grow old."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(1, True)
    sd_access(0, True)
    sd_madvise_free(0, 1)
    record(page, 1).PG_head = True
    sd_age_memory()


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page that is old."""
    sd_user(0, 0b10)


@task(cpu=2)
def disowner() -> None:
    """Say that neither page is needed."""
    sd_madvise_free(0, 2)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
