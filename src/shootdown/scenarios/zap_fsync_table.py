# SPDX-License-Identifier: GPL-2.0-only
"""zap+fsync-table: munmap() frees a page table while the CPU that walks it flushes for fsync()

Two threads of a process flush at once: one has written a page of a file, the other gives back
memory, and with it a page table. The first CPU may be about to read that table for a walk. It
carries out its own flush when the interrupt for the other comes, which it may skip if it has caught
up with both; but not while it has only made up its mind to.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+fsync-table"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 3, "NR_VMAS": 2}
HARDWARE = {"tlb_walker": (0,)}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file, take fresh memory with a page table of its own, and store to both."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    do_mmap(NULL, 2, 1, 0)
    sd_access(0, True)
    sd_access(2, True)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def flusher() -> None:
    """Write the page of the file."""
    do_writepages(record(address_space, 0))


@task(cpu=1)
def unmapper() -> None:
    """Give the memory back, and with it the table."""
    sys_munmap(2, 1)
