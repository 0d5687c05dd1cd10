# SPDX-License-Identifier: GPL-2.0-only
"""zap+mkclean: munmap() against writeback, of a page that stays mapped elsewhere

A thread stores to a page of a shared file mapping, through a TLB entry that is writable and
dirty. Another thread unmaps it there, and writeback cleans it.

munmap() takes the entry out and moves its dirty bit to the page. If it drops the page-table lock
before the flush, page_mkclean() finds no entry any more and believes that nobody can write; but
the first thread still can. What it stores after the disk has read the page is lost: the page is
clean, and the entry that would know better is gone.

The process maps the page a second time, so page_mapped() is true all the time and page_mkclean()
takes the page-table lock. That mapping also keeps the page table in use.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+mkclean"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 2}
EXPECT = (
    since("v2.6.39", violated("lost_write"), source="A01 / 1cf35d47712d"),
    since("v3.15", holds(), source="1cf35d47712d"),
)


@setup(cpu=1)
def process() -> None:
    """Map the page twice, load through the second mapping, and store through the first."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    do_mmap(record(address_space, 0), 1, 1, 0)
    sd_access(1, False)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Take the first mapping away."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until it is gone."""
    sd_user(0, 0b01)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
