# SPDX-License-Identifier: GPL-2.0-only
"""planted-swapin-reused: swap-in does not look whether the page that it has waited for has the slot

A planted mistake, which Linux made up to v2.6.35. See swapin-reused: a thread gets a page back that
another has given back, in the place of the one that was stored to since.
"""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import folio, mm_struct
from shootdown.linux.include.linux.swap import swp_entry_t
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_swap_out, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "planted-swapin-reused"
BOUNDS = {"LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1, "NR_PAGES": 3}
CONFIG = {"RECLAIM": True, "CONFIG_SWAP": True}
EXPECT = (since("v2.6.39", violated("lost_write"), source="planted"),)


@kernel
def folio_matches_swap_entry(folio: Ref[folio], entry: swp_entry_t) -> Bool:
    """Tell that the folio has the slot.

    Kernel: mm/swap.h, v6.18
    Context: folio locked
    Deviates: does not look
    """
    return True


@setup(cpu=0)
def process() -> None:
    """Take fresh memory, store to it, and have it reclaimed."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_swap_out(0)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def reader() -> None:
    """Load from the page."""
    sd_access(0, False)


@task(cpu=1)
def adviser() -> None:
    """Give the page back, store to a fresh one, and need memory, twice."""
    sys_madvise(0, 1)
    sd_access(0, True)
    try_to_free_pages()
    try_to_free_pages()
