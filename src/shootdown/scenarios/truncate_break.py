# SPDX-License-Identifier: GPL-2.0-only
"""truncate+break: truncate() is asked for the CPU between two mappings of a file

Two processes map a page of a file. One loads from it, the other loads and unmaps it. On a third CPU
the file is truncated.

Before v3.0 a spinlock is held while the page leaves the mappings, so truncate() drops it where
somebody waits for it, or where another task should run. Behind the mapping that it is done with
there may be another one then, or none: truncate() begins with the first again, and leaves out those
that have the number of its walk (97a894136f29 removes all of that). A mapping that it misses still
has the page when that leaves the page cache.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_new_process, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "truncate+break"
BOUNDS = {"NR_CPUS": 3, "NR_MM": 2, "NR_VMAS": 2, "LEVELS": 1, "ZAP_BLOCK_SIZE": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=2)
def other_process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 1), record(address_space, 0))


@setup(cpu=1)
def process() -> None:
    """Map it in another process."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 0, 1, 0)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=2)
def unmapper() -> None:
    """Load from it, and unmap it."""
    sd_access(0, False)
    sys_munmap(0, 1)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
