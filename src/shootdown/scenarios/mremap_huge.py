# SPDX-License-Identifier: GPL-2.0-only
"""mremap-huge: a huge page is moved and then unmapped while a thread uses it

mremap() moves the entry of a huge page to the new address, and flushes the old one: under the lock
of the entry since eb66ae030829 (v4.19), from v4.9 on if it was dirty (5d1904204c99), and else at
its end. The thread may use the old address until then, and never after the page is freed.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap
from shootdown.linux.mm.mremap import sys_mremap

NAME = "mremap-huge"
BOUNDS = {"NR_PAGES": 1, "NR_TABLES": 1, "NR_VMAS": 2}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.2", holds()),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, and store to it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def mover() -> None:
    """Move the huge page up, and unmap it there."""
    sys_mremap(0, 2, 2)
    sys_munmap(2, 2)


@task(cpu=1, kind="user")
def user() -> None:
    """Store to the old place, and load from the new one."""
    sd_user(0b0100, 0b0001)
