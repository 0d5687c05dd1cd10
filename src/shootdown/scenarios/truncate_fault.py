# SPDX-License-Identifier: GPL-2.0-only
"""truncate+fault: a file is truncated while a thread uses a mapping of it

A thread loads from a page of a shared file mapping and stores to it; another truncates the file.
The page is taken out of the mapping, then out of the page cache. A fault that has seen the file's
old size may bring it into the mapping in between; so truncate() locks the page, and takes it out of
its mappings once more, if there are any, before it leaves the cache. A fault that has found the
page and waits for its lock looks again, when it has it, whether the page is still the file's.

When truncate() has returned, nobody reaches the page any more.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_map_file, sd_user

NAME = "truncate+fault"
BOUNDS = {"NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds(), source="d00806b18315"),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page and store to it."""
    sd_user(1, 1)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
