# SPDX-License-Identifier: GPL-2.0-only
"""truncate+refault: a page that truncate() has taken out of the page cache is read again

A thread loads from a page of a file that another truncates. When the page has left the cache, a
fault does not find it, and reads it from the disk. That is why the file's size is the first thing
that truncate() changes: a fault that sees the new size gives up, and one that has seen the old one
looks again before it maps what it has read.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES
from shootdown.hw.memory import is_mapped
from shootdown.lang import atomic, check, holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_map_file, sd_user

NAME = "truncate+refault"
BOUNDS = {"NR_PAGES": 2, "NR_VMAS": 1}
CONFIG = {"READ_BACK": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty, and look whether anything is mapped."""
    do_truncate(record(address_space, 0), 0)
    with atomic():
        for pfn in range(NR_PAGES):
            check(not is_mapped(pfn, False), "protection")
