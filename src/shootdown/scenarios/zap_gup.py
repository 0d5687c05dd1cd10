# SPDX-License-Identifier: GPL-2.0-only
"""zap+gup: munmap() frees a page table while get_user_pages_fast() walks it

get_user_pages_fast() takes no lock, but keeps interrupts off: munmap() cannot finish the flush,
which comes before the freeing, until they are on again.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.gup import get_user_pages_fast
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+gup"
BOUNDS = {"NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the page back, and with it the table."""
    sys_munmap(0, 1)


@task(cpu=1)
def pinner() -> None:
    """Look the page up."""
    get_user_pages_fast(record(mm_struct, 0), 0)
