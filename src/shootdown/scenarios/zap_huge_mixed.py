# SPDX-License-Identifier: GPL-2.0-only
"""zap+huge-mixed: munmap() of a huge page and a small one, in one flush

A mapping begins with a huge page; its rest is too short for one and has a small page at its end.
One flush is for both. From v4.20 on (a31acd3ee8f7), it goes from huge page to huge page if only
such have been taken out; here it must go page by page, or the small page is passed over.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+huge-mixed"
BOUNDS = {"NR_PAGES": 2, "NR_VMAS": 1, "PTRS_PER_TABLE": 3}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (since("v2.6.39", holds(), source="a31acd3ee8f7"),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, and store to its beginning and to its end."""
    sd_take_memory(record(mm_struct, 0), 5)
    sd_access(0, True)
    sd_access(4, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the huge page and from the small one."""
    sd_user(0b10010, 0)


@task(cpu=0)
def unmapper() -> None:
    """Give all of it back."""
    sys_munmap(0, 5)
