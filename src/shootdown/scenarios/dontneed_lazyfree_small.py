# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+lazyfree-small: a page is given back while reclaim puts it back

A process has said of a page with MADV_FREE that it does not need it, and stores to it again.
Reclaim takes the entry out, finds that the page is needed, and puts it back. Before it looks
whether that is so for all entries, another thread gives the page back at once, with MADV_DONTNEED.
Now no entry has it: reclaim could write it and free it. But it has no slot to be written to, and is
kept until the other thread has flushed.

Up to v4.11 such a page has a slot, and its entry does not come back. MADV_DONTNEED returns before
the flush that reclaim has put off, as in reclaim+dontneed.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free, sys_madvise
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "dontneed+lazyfree-small"
BOUNDS = {
    "LEVELS": 1,
    "NR_CPUS": 3,
    "NR_PAGES": 4,
    "NR_VMAS": 1,
    "PTRS_PER_TABLE": 1,
    "SWAP_CLUSTER_MAX": 1,
}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.12", holds()),
)


@setup(cpu=1)
def process() -> None:
    """Store to a page, give it up, and let it grow old."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_madvise_free(0, 1)
    sd_age_memory()


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to it."""
    sd_user(0, 1)


@task(cpu=2)
def adviser() -> None:
    """Give it back."""
    sys_madvise(0, 1)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
