# SPDX-License-Identifier: GPL-2.0-only
"""mprotect: a mapping is made read-only while a thread stores to it

A thread stores to a page of a shared file mapping and loads from it, while another makes the
mapping read-only. When mprotect() has returned, no store succeeds any more: it ends in SIGSEGV.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import VM_READ, address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect

NAME = "mprotect"
BOUNDS = {"NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a page of the file, and store to it once."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page and store to it, until a store is forbidden."""
    sd_user(1, 1)


@task(cpu=0)
def protector() -> None:
    """Make what the other stores to read-only."""
    sys_mprotect(0, 1, VM_READ)
