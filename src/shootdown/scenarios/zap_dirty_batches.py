# SPDX-License-Identifier: GPL-2.0-only
"""zap+dirty-batches: the dirty pages that munmap() takes out fill two batches

munmap() of three dirty pages of a file, with a gather that holds one by itself, and gets two pages
to queue one more each in, or not. Dirty pages count as mapped until they are flushed. Zap looks for
them in the first batch and in the last, so it may not go on to a third before that.

Meanwhile another thread stores to the second page. Then the file is truncated, and the pages are
freed: one that still counts as mapped then does so for ever.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "zap+dirty-batches"
BOUNDS = {
    "NR_VMAS": 2,
    "PTRS_PER_TABLE": 4,
    "NR_PAGES": 5,
    "NR_FILE_PAGES": 3,
    "FREE_PTE_NR": 2,
    "MMU_GATHER_BUNDLE": 2,
    "MAX_GATHER_BATCH": 2,
    "NR_GATHER_BATCHES": 2,
}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map three pages of a file and store to them; keep their page table in use."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    do_mmap(NULL, 3, 1, 0)
    sd_access(0, True)
    sd_access(1, True)
    sd_access(2, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Take the mapping away, then make the file empty."""
    sys_munmap(0, 3)
    do_truncate(record(address_space, 0), 0)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the second page until it is gone."""
    sd_user(0, 0b10)
