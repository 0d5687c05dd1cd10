# SPDX-License-Identifier: GPL-2.0-only
"""truncate+munmap: a file is truncated while munmap() is about to flush

A thread loads from a page of a file, another unmaps it, and on a third CPU the file is truncated.

munmap() takes the entry out and is about to flush. truncate() looks at the page's mappings, and
finds none to take out: so it does not flush, nor does it wait for who will. It returns, and the
first thread still loads what the file had. That ends with the flush of munmap(), before which the
page is not freed.

Nobody has promised more to a process that unmaps the page at the same time. But whoever truncates
a file may take it for granted that nobody sees its contents after that.
"""

from __future__ import annotations

from shootdown.lang import record, setup, since, task, violated
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "truncate+munmap"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("protection")),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and load from it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page until the mapping is gone."""
    sd_user(1, 0)


@task(cpu=0)
def unmapper() -> None:
    """Take the mapping away."""
    sys_munmap(0, 1)


@task(cpu=2)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
