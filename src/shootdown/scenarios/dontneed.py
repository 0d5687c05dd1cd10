# SPDX-License-Identifier: GPL-2.0-only
"""dontneed: MADV_DONTNEED against a thread that uses the page

A thread stores to a page of fresh memory and loads from it, while another gives it back with
MADV_DONTNEED. The mapping stays, so the next access finds a fresh page, zeroed.

When the call has returned, nobody sees the old page any more.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sys_madvise

NAME = "dontneed"
BOUNDS = {"NR_VMAS": 1, "NR_PAGES": 2}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it."""
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
def adviser() -> None:
    """Give the page back."""
    sys_madvise(0, 1)
