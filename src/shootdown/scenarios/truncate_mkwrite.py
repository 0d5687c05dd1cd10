# SPDX-License-Identifier: GPL-2.0-only
"""truncate+mkwrite: a file is truncated while its file system is asked for leave to store to it

As truncate+fault, for a file system with a page_mkwrite(). A write fault unlocks the page before it
asks, and the file system locks it again: truncate() may take it out of the file in between. Then
the file system says no, and the fault gives back the reference that it had for the entry.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_map_file, sd_user

NAME = "truncate+mkwrite"
BOUNDS = {"NR_VMAS": 1}
CONFIG = {"FS_PAGE_MKWRITE": True}
EXPECT = (since("v2.6.39", holds()),)


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
