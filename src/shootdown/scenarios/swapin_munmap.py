# SPDX-License-Identifier: GPL-2.0-only
"""swapin+munmap: a page comes from the swap area while its mapping goes

A page of fresh memory was reclaimed long ago. Two threads need it; one of them reads it from its
slot, and the other one may come too late to map it. A third unmaps the memory. The faults keep it
out by mmap_lock, except for what it does with that held for reading, since v4.20.

The page and its slot are freed, whoever finds that nobody else needs them.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_swap_out, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "swapin+munmap"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "NR_PAGES": 3, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"CONFIG_SWAP": True}
EXPECT = (since("v2.6.39", holds()),)


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


@setup(cpu=2)
def third_thread() -> None:
    """Run in it, too."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page and store to it."""
    sd_user(1, 1)


@task(cpu=2, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)
