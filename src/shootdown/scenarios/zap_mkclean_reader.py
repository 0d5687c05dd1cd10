# SPDX-License-Identifier: GPL-2.0-only
"""zap+mkclean-reader: munmap() against writeback, a thread that stores, and one that loads

As zap+mkclean, with one more thread, which loads from the page through the mapping that goes: its
translations are read-only or writable, as they come, and need the same flushes. Another process
keeps the page mapped, and sleeps.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import (
    sd_access,
    sd_become_kthread,
    sd_map_file,
    sd_new_process,
    sd_run_in,
    sd_user,
)
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+mkclean-reader"
BOUNDS = {
    "LEVELS": 1,
    "PTRS_PER_TABLE": 1,
    "NR_CPUS": 4,
    "NR_VMAS": 2,
    "NR_MM": 2,
}
EXPECT = (
    since("v2.6.39", violated("lost_write"), source="A01 / 1cf35d47712d"),
    since("v3.15", holds(), source="1cf35d47712d"),
)


@setup(cpu=2)
def other_process() -> None:
    """Read the file, map its page and load from it, then leave the CPU to the flusher."""
    sd_map_file(record(mm_struct, 1), record(address_space, 0))
    sd_access(0, False)
    sd_become_kthread()


@setup(cpu=1)
def process() -> None:
    """Map the page and store to it."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 0, 1, 0)
    sd_access(0, True)


@setup(cpu=3)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@setup(cpu=0)
def third_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=3, kind="user")
def reader() -> None:
    """Load from the page until it is gone."""
    sd_user(1, 0)


@task(cpu=0)
def unmapper() -> None:
    """Take the mapping away."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until it is gone."""
    sd_user(0, 1)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
