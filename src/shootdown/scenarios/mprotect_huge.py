# SPDX-License-Identifier: GPL-2.0-only
"""mprotect-huge: a huge page is made read-only while a thread stores to it

As mprotect, with a huge page: when mprotect() has returned, no store succeeds any more. One entry
is changed, and one flush with any address in the huge page will do.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import VM_READ, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect

NAME = "mprotect-huge"
BOUNDS = {"NR_PAGES": 1, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, and store to it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from one end of the huge page and store to the other, until a store is forbidden."""
    sd_user(0b01, 0b10)


@task(cpu=0)
def protector() -> None:
    """Make the huge page read-only."""
    sys_mprotect(0, 2, VM_READ)
