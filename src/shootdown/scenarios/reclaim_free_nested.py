# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+free-nested: two threads give the same page up, one stores to it, and reclaim drops it

Two threads say with MADV_FREE that a page of fresh memory is not needed; mmap_lock, held for
reading, lets both in. The first makes the entry clean, and is about to flush. The second finds it
clean, has nothing to flush, and returns. Its thread stores to the page, through what its CPU knows
of the entry from before: a dirty one, so the entry stays clean. Reclaim finds a clean page that
nobody needs, and drops it with what was stored.

Who gives memory up in one thread and uses it in another has himself to blame. But the store comes
after a call that has promised to keep it, and commit 99baac21e458 (v4.13) gives it this story as
its reason: a gather that is not alone flushes, whether it has cleaned anything or not.

The page was given up before, so from v4.12 on reclaim does not send it to the swap area, but puts
its entry back if that is dirty. Translations come only by loads and stores here.
"""

from __future__ import annotations

from shootdown.hw.access import cpu_access
from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sd_madvise_free
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+free-nested"
BOUNDS = {"NR_CPUS": 3, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", violated("lost_write"), source="A06 / 99baac21e458"),
    since("v4.13", holds(), source="99baac21e458"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, store to it, give it up, and store to it again; let it grow old."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_madvise_free(0, 1)
    sd_access(0, True)
    sd_age_memory()


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=2)
def first_disowner() -> None:
    """Say that the page is not needed."""
    sd_madvise_free(0, 1)


@task(cpu=1)
def second_disowner() -> None:
    """Say that the page is not needed, and store to it if it is still there."""
    sd_madvise_free(0, 1)
    cpu_access(0, True)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
