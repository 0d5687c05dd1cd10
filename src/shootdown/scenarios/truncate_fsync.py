# SPDX-License-Identifier: GPL-2.0-only
"""truncate+fsync: a file is truncated while fsync() writes it

A thread stores to a page of a file, another calls fsync(), and on a third CPU the file is
truncated. fsync() finds the page in the page cache, waits for its lock, writes it, finds it again,
and waits until it is written; truncate() takes it out of the cache in between. Each of them needs a
reference of its own for as long as it looks at the page, and has to give it back: the page is freed
with the last one.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user
from shootdown.linux.mm.filemap import filemap_write_and_wait_range

NAME = "truncate+fsync"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)
    sd_access(0, True)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=0)
def syncer() -> None:
    """Write the file to the disk."""
    filemap_write_and_wait_range(record(address_space, 0))


@task(cpu=2)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
