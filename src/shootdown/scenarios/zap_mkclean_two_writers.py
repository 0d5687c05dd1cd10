# SPDX-License-Identifier: GPL-2.0-only
"""zap+mkclean-two-writers: munmap() against writeback and two processes that store

As zap+mkclean, but it is another process that maps the page a second time, and that stores to it,
too: its faults make its entry writable again while writeback is under way.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_new_process, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+mkclean-two-writers"
BOUNDS = {
    "NR_CPUS": 4,
    "LEVELS": 1,
    "PTRS_PER_TABLE": 1,
    "NR_MM": 2,
    "NR_VMAS": 2,
}
EXPECT = (
    since("v2.6.39", violated("lost_write"), source="A01 / 1cf35d47712d"),
    since("v3.15", holds(), source="1cf35d47712d"),
)


@setup(cpu=1)
def first_process() -> None:
    """Map the page and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@setup(cpu=0)
def its_second_thread() -> None:
    """Run in the first process."""
    sd_run_in(record(mm_struct, 0))


@setup(cpu=3)
def second_process() -> None:
    """Map the page, too, and load from it."""
    sd_new_process(record(mm_struct, 1))
    do_mmap(record(address_space, 0), 0, 1, 0)
    sd_access(0, False)


@task(cpu=0)
def unmapper() -> None:
    """Take the first process's mapping away."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def first_writer() -> None:
    """Store to the page until it is gone."""
    sd_user(0, 1)


@task(cpu=3, kind="user")
def second_writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
