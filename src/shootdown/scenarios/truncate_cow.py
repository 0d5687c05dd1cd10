# SPDX-License-Identifier: GPL-2.0-only
"""truncate+cow: a file is truncated while a thread gets a private copy of a page of it

A thread stores to a page of a private mapping of a file, and gets a copy of the page. Another
truncates the file. The copy has to go as well: nothing behind the end of a file can be reached.

truncate() takes what is there out of the mapping. A fault that has seen the old size, and locked
the page before truncate() does, may bring another copy in. The page itself is mapped by nobody, so
truncate() sees no reason to go back to its mappings when it takes it out of the cache. It does so
once more at the end, when no fault can find the page any more.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES
from shootdown.hw.memory import is_mapped
from shootdown.lang import atomic, check, holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_map_file, sd_user

NAME = "truncate+cow"
BOUNDS = {"NR_PAGES": 3, "NR_VMAS": 1}
CONFIG = {"PRIVATE_FILES": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty, and look whether anything is mapped."""
    do_truncate(record(address_space, 0), 0)
    with atomic():
        for pfn in range(NR_PAGES):
            check(not is_mapped(pfn, False), "protection")
