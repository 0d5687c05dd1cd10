# SPDX-License-Identifier: GPL-2.0-only
"""zap+huge: munmap() of a huge page

A thread stores to one end of a huge page and loads from the other; another unmaps it. One entry, a
level above the lowest, maps the page, and the TLB holds its translation as one. The entry's table
has another mapping, and stays. The translation is flushed with
any address in it, so before b5bc66b71310 (v4.10) the first part of the page was range enough: what
missed the rest of the flush was a device with smaller translations of its own, which is not here.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "zap+huge"
BOUNDS = {"NR_TABLES": 2, "NR_VMAS": 2, "LEVELS": 3}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (since("v2.6.39", holds(), source="A05 / b5bc66b71310"),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, twice as large as a huge page, and store to the first half."""
    sd_take_memory(record(mm_struct, 0), 2)
    do_mmap(NULL, 2, 2, 0)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 2)


@task(cpu=1, kind="user")
def user() -> None:
    """Store to one end of the huge page, and load from the other."""
    sd_user(0b10, 0b01)
