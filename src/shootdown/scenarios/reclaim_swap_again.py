# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+swap-again: a page goes to the swap area for the second time

A page of no file has come back from the swap area, and is still in the swap cache: it has its slot,
and is clean, until a thread stores to it. Only the entry knows of that. Reclaim takes the entry
out, makes the page dirty, and writes it once more.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_access, sd_swap_out, sd_take_memory, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+swap-again"
BOUNDS = {"NR_PAGES": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, lose it to the swap area, load from it, and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_swap_out(0)
    sd_access(0, False)
    sd_access(0, True)
    sd_age_memory()


@task(cpu=0)
def reclaimer() -> None:
    """Free the page."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
