# SPDX-License-Identifier: GPL-2.0-only
"""mremap+mkclean: mremap() against writeback, of a page that is being stored to

A thread stores to a page of a shared file mapping, through a TLB entry that is writable and dirty.
Another moves the mapping to the next page, and writeback cleans it.

mremap() takes the entry from its old place to the new one, dirty bit and all. If it drops the
page-table lock before the flush, page_mkclean() finds nothing in the old place, and cleans and
flushes the new one. But the first thread still stores through what its TLB has of the old place,
which no entry tells of any more. What it stores after the disk has read the page is lost.

Before 7b6efc2bc4f1 (v3.2) each entry was flushed as it was moved. Commit 5d1904204c99 (v4.9)
flushes under the lock if any of the entries was dirty. Both places are in one table here, but it
is enough that page_mkclean() comes to the old one first, whose lock it waits for.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mremap import sys_mremap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "mremap+mkclean"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 2}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.2", violated("lost_write"), source="D01 / 5d1904204c99"),
    since("v4.9", holds(), source="5d1904204c99"),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def mover() -> None:
    """Move the mapping a page up."""
    sys_mremap(0, 1, 1)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page where it was, until it is gone."""
    sd_user(0, 0b01)


@task(cpu=2)
def flusher() -> None:
    """Write the file to the disk."""
    do_writepages(record(address_space, 0))
