# SPDX-License-Identifier: GPL-2.0-only
"""mremap+truncate: a file is truncated while mremap() moves a mapping of it

A thread loads from a page of a shared file mapping, another moves the mapping to the next page, and
on a third CPU the file is truncated.

Whoever moves an entry does not own its page, as munmap() does until it has flushed: only the
page-table lock keeps the page where it is. Once mremap() has dropped it, truncate() finds the entry
in its new place, takes it out, flushes that place, and frees the page. The first thread loads from
it through what its TLB has of the old place.

Commit 5d1904204c99 (v4.9) flushes under the lock, but only if an entry was dirty; eb66ae030829
(v4.19) does so for all, before either table's lock is dropped. It is known as CVE-2018-18281.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mremap import sys_mremap

NAME = "mremap+truncate"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 2}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.2", violated("stale_access"), source="D02 / eb66ae030829"),
    since("v4.19", holds(), source="eb66ae030829"),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file, and load from it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def mover() -> None:
    """Move the mapping to the next page."""
    sys_mremap(0, 1, 1)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page where it was, until it is gone."""
    sd_user(0b01, 0)


@task(cpu=2)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
