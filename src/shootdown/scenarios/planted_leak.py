# SPDX-License-Identifier: GPL-2.0-only
"""planted-leak: munmap() does not free the page

A planted mistake: the gather drops its pages without giving back their references. Nobody can
find them any more, and nobody else gets them.
"""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.kernel.user import sd_access, sd_take_memory
from shootdown.linux.mm.mmap import sys_munmap

NAME = "planted-leak"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("leak"), source="planted"),)


@kernel
def free_pages_and_swap_cache(page: Ref[page]) -> None:
    """Forget the page.

    Kernel: mm/swap_state.c, v6.18
    Context: no spinlock held
    Deviates: keeps the reference
    """


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@task(cpu=0)
def leaking_unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)
