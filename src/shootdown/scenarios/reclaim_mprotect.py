# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+mprotect: a mapping is made read-only while reclaim has not flushed yet

A thread stores to a page of a shared file mapping. Reclaim takes its entry out and puts the flush
off; it does not hold mmap_lock. Another thread makes the mapping read-only. There is no entry to
change, so mprotect() does not flush, and returns while the first thread still stores to the page.

Up to v4.2 reclaim flushes under the page-table lock. Commit 3ea277194daa (v4.13) lets it leave a
mark in the address space, and who takes the page-table lock and finds the mark flushes first.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import VM_READ, address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_run_in, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+mprotect"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", holds(), source="3ea277194daa"),
)


@setup(cpu=1)
def process() -> None:
    """Store to a page of a file that is mapped, and then not touch it for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), True)


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Take the page out of its mapping, and keep it, as it is dirty."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until that is forbidden."""
    sd_user(0, 1)


@task(cpu=2)
def protector() -> None:
    """Make the mapping read-only."""
    sys_mprotect(0, 1, VM_READ)
