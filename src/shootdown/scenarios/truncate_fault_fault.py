# SPDX-License-Identifier: GPL-2.0-only
"""truncate+fault-fault: a file is truncated while two threads touch a page of it first

Two threads find no entry for a page of a file, and each finds the page in the page cache, with a
reference to it. The second to lock it finds the entry in place, and gives its reference back. On a
third CPU the file is truncated: when the page has left its mapping and the cache, the last
reference to it is gone, whoever had it.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_map_file, sd_run_in, sd_user

NAME = "truncate+fault-fault"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=2)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
