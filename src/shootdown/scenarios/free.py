# SPDX-License-Identifier: GPL-2.0-only
"""free: MADV_FREE against a thread that uses the page

A thread stores to a page of fresh memory, while another says with MADV_FREE that it is not needed.
The page stays; its entry becomes clean, so that reclaim may drop it without writing it. What is
stored afterwards must be kept: the store sets the entry's dirty bit again, unless the CPU has a
translation from before the call. So the call flushes before it returns.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free

NAME = "free"
BOUNDS = {"NR_VMAS": 1, "NR_PAGES": 2}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", holds()),
)


@setup(cpu=1)
def process() -> None:
    """Have a page of fresh memory that holds something."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page and store to it."""
    sd_user(1, 1)


@task(cpu=0)
def disowner() -> None:
    """Say that the page is not needed."""
    sd_madvise_free(0, 1)
