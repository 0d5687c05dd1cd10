# SPDX-License-Identifier: GPL-2.0-only
"""mprotect-twice: a mapping becomes read-only and writable again, while its page is written

A thread stores to a page of a shared file mapping, another makes the mapping read-only and then
writable again, and writeback cleans the page.

An entry that is still dirty becomes writable at once: whoever stored to the page before has told
that it must be written. One that writeback has cleaned must stay read-only, so that the next store
tells it again. From c9fe66560bf2 (v5.19) on, mprotect() flushes only where it takes rights away.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import VM_READ, VM_WRITE, address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "mprotect-twice"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file, and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until that is forbidden."""
    sd_user(0, 1)


@task(cpu=0)
def protector() -> None:
    """Forbid stores, and allow them again."""
    sys_mprotect(0, 1, VM_READ)
    sys_mprotect(0, 1, VM_READ | VM_WRITE)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
