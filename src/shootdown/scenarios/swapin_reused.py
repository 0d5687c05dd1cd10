# SPDX-License-Identifier: GPL-2.0-only
"""swapin-reused: a swap slot gets another page while a fault waits for the one that it had

A page of fresh memory is in the swap area. A thread loads from it: the fault finds its page in the
swap cache by its slot, or brings it there, and waits for the page's lock. Meanwhile another thread
gives the memory back with MADV_DONTNEED, which frees the slot, and stores to it once more: that is
a fresh page. Then it needs memory, so it reclaims, and reclaim sends the fresh page to the swap
area, where the first free slot is the one of the old page.

When the fault has the lock, it finds the entry that it began with: the same slot. But its page is
the old one, which has no slot any more, or has another. So it looks at that first. Linux has done
so since 2010, in two steps: 4969c1192d15 ("mm: fix swapin race condition") asks whether the page is
in the swap cache, and a few days later came the question whether it still has this slot. The first
one would do here: to be in the swap cache with another slot, the page needs a second owner.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_swap_out, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "swapin-reused"
BOUNDS = {"NR_PAGES": 3, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (since("v2.6.39", holds(), source="4969c1192d15"),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, store to it, and have it reclaimed."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_swap_out(0)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1)
def reader() -> None:
    """Load from the page."""
    sd_access(0, False)


@task(cpu=0)
def adviser() -> None:
    """Give the page back, store to a fresh one, and need memory, twice."""
    sys_madvise(0, 1)
    sd_access(0, True)
    try_to_free_pages()
    try_to_free_pages()
