# SPDX-License-Identifier: GPL-2.0-only
"""zap+many: munmap() of more dirty pages than a gather holds, and of their page table

The figures of `shootdown show mmu_gather_rework` and `shootdown show tlb_flush_split` are those of
this munmap() when nobody comes in between. Another thread looks a page up with interrupts off.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in
from shootdown.linux.mm.gup import get_user_pages_fast
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+many"
BOUNDS = {
    "PTRS_PER_TABLE": 3,
    "NR_VMAS": 1,
    "NR_PAGES": 3,
    "NR_FILE_PAGES": 3,
    "FREE_PTE_NR": 2,
    "ZAP_BLOCK_SIZE": 3,
    "MMU_GATHER_BUNDLE": 2,
}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Map a file of three pages and store to each."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)
    sd_access(1, True)
    sd_access(2, True)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Take the mapping away."""
    sys_munmap(0, 3)


@task(cpu=1)
def pinner() -> None:
    """Look the last page up."""
    get_user_pages_fast(record(mm_struct, 0), 2)
