# SPDX-License-Identifier: GPL-2.0-only
"""zap+fsync-shared-cpu: munmap() loses its CPU to fsync() while both have to flush

As zap+fsync, but the two threads share a CPU, which each may lose to the other wherever preemption
is on. A flush must not be interrupted like that: a CPU has one request to other CPUs at a time.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_read_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+fsync-shared-cpu"
BOUNDS = {"LEVELS": 1, "NR_CPUS": 2, "NR_PAGES": 2, "NR_VMAS": 2}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and fresh memory next to it, and store to both."""
    sd_read_file(record(address_space, 0))
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 1, 1, 0)
    do_mmap(NULL, 0, 1, 0)
    sd_access(1, True)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the memory and store to the page, until the memory is gone."""
    sd_user(0b01, 0b10)


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)


@task(cpu=0)
def flusher() -> None:
    """Write the page of the file."""
    do_writepages(record(address_space, 0))
