# SPDX-License-Identifier: GPL-2.0-only
"""swapin: two threads of a process need the same page from the swap area

The page of fresh memory that the threads share has been stored to, and was reclaimed long ago: its
contents are in a slot of the swap area. Each thread loads or stores, and so takes a fault; both
look for the page in the swap cache, and one of them reads it from the disk.

The page comes back once, with what it had, and the slot is given back when nobody needs it.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_swap_out, sd_take_memory, sd_user

NAME = "swapin"
BOUNDS = {"NR_VMAS": 1, "NR_PAGES": 2}
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


@task(cpu=1, kind="user")
def first_user() -> None:
    """Load from the page and store to it."""
    sd_user(1, 1)


@task(cpu=0, kind="user")
def second_user() -> None:
    """Do the same."""
    sd_user(1, 1)
