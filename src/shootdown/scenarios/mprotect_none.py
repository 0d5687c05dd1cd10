# SPDX-License-Identifier: GPL-2.0-only
"""mprotect-none: a mapping is made inaccessible while a thread uses it

A thread loads from fresh memory and stores to it, while another makes the mapping inaccessible.
The entry keeps its page, but no CPU sees one there. When mprotect() has returned, every access
ends in SIGSEGV.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect

NAME = "mprotect-none"
BOUNDS = {"NR_VMAS": 1}
CONFIG = {"PROTNONE": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take a page of fresh memory, and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load and store until it is forbidden."""
    sd_user(1, 1)


@task(cpu=0)
def protector() -> None:
    """Make the memory inaccessible."""
    sys_mprotect(0, 1, 0)
