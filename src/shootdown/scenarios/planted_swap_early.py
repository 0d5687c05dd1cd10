# SPDX-License-Identifier: GPL-2.0-only
"""planted-swap-early: swap-in gives the slot back before it has read it

A planted mistake: the fault counts its entry less before it asks for the page. Whoever takes the
slot next overwrites what the page had.
"""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import folio, mm_struct
from shootdown.linux.include.linux.swap import swp_entry_t
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_swap_out
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.page_io import swap_read_folio
from shootdown.linux.mm.swap_state import swap_cache_add_folio
from shootdown.linux.mm.swapfile import swap_free

NAME = "planted-swap-early"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 1, "NR_FILE_PAGES": 2}
CONFIG = {"CONFIG_SWAP": True}
EXPECT = (since("v2.6.39", violated("lost_write"), source="planted"),)


@kernel
def swapin_readahead(entry: swp_entry_t) -> Ref[folio]:
    """Give the slot back and read it.

    Kernel: mm/swap_state.c, v6.18
    Context: may sleep
    Deviates: in this order
    """
    fresh = alloc_page()
    swap_free(entry)
    fresh.PG_locked = 1
    swap_cache_add_folio(fresh, entry)
    swap_read_folio(fresh)
    return fresh


@setup(cpu=0)
def owner() -> None:
    """Have a page in the swap area."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 0, 2, 0)
    sd_access(0, True)
    sd_swap_out(0)


@task(cpu=0)
def load() -> None:
    """Need the page again."""
    sd_access(0, False)
