# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+free-direct: reclaim drops a page that a device is about to store to

A thread has said of a page, with MADV_FREE, that it does not need what is there. It reads from a
device into it, without a copy in between: it takes a reference to the page; the device stores to
it; and only then is it said to be dirty. Reclaim comes before that. It finds the page clean, and
takes it out of the page table. It cannot free it, as there is a reference; but no entry has it any
more, and the thread would find a fresh page, and not what it has read.

Commit 6c8e2a256915 (v5.18) puts the entry back if there is a reference besides that of reclaim and
those of the entries. It is looked for when the entry is out, and who takes one without a lock
looks at the entry once more. The commit says that it mends v4.12. Before, the page has a slot by
then, but its entry goes as well if it is clean.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.block.fops import __blkdev_direct_IO_simple
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_access, sd_take_memory
from shootdown.linux.mm.madvise import sd_madvise_free
from shootdown.linux.mm.mmap import sys_munmap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+free-direct"
BOUNDS = {"NR_PAGES": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1, "SWAP_CLUSTER_MAX": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", violated("lost_write")),
    since("v4.12", violated("lost_write"), source="B07 / 6c8e2a256915"),
    since("v5.18", holds(), source="6c8e2a256915"),
)


@setup(cpu=1)
def process() -> None:
    """Store to a page, give it up, and let it grow old."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_madvise_free(0, 1)
    sd_age_memory()


@task(cpu=1)
def reader() -> None:
    """Let a device store to the page, and then unmap it."""
    __blkdev_direct_IO_simple(0)
    sys_munmap(0, 1)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
