# SPDX-License-Identifier: GPL-2.0-only
"""planted-double-free: munmap() frees the page twice

A planted mistake: the gather gives back two references for each entry that it took out.
"""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.kernel.user import sd_access, sd_take_memory
from shootdown.linux.mm.mmap import sys_munmap

NAME = "planted-double-free"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("double_free"), source="planted"),)


@kernel
def free_pages_and_swap_cache(page: Ref[page]) -> None:
    """Give back a reference, and then one more.

    Kernel: mm/swap_state.c, v6.18
    Context: no spinlock held
    Deviates: the entry had one reference only
    """
    folio_put(page)
    folio_put(page)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)
