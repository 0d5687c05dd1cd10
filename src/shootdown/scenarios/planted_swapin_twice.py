# SPDX-License-Identifier: GPL-2.0-only
"""planted-swapin-twice: two threads put a page of the swap area into the swap cache

A planted mistake: who takes a slot for a page that it is about to read does not look whether
somebody else has. Each reads the slot into a frame of his own. One of these is mapped; the swap
cache finds the other one no more, which stays allocated for ever.
"""

from __future__ import annotations

from shootdown.lang import atomic, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.swap import ENOENT, prepare_result, swap_slot, swp_entry_t
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_swap_out, sd_take_memory

NAME = "planted-swapin-twice"
BOUNDS = {"NR_VMAS": 1, "NR_PAGES": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"CONFIG_SWAP": True}
EXPECT = (since("v2.6.39", violated("leak"), source="planted"),)


@kernel
def swapcache_prepare(entry: swp_entry_t) -> prepare_result:
    """Say that a page is going to have the slot that is read into it.

    Kernel: mm/swapfile.c, v6.18
    Context: any
    Deviates: does not say so if another page is going to have it, too
    """
    with atomic():
        slot = record(swap_slot, entry)
        if slot.count == 0:
            return -ENOENT
        slot.has_cache = True
        return 0


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
def first_writer() -> None:
    """Store to the page."""
    sd_access(0, True)


@task(cpu=0)
def second_writer() -> None:
    """Do the same."""
    sd_access(0, True)
