# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+dontneed-two: two threads give pages back, of which reclaim has taken one out

Two pages of a file lie next to each other, but their entries are in different page tables. Reclaim
takes out the first entry and puts the flush off. Two threads give back a page each; the first one
loads from its own afterwards. Each looks whether reclaim has put a flush off, under the lock of its
own table. Who flushes says so after the flush. If the second thread said so before, the first would
believe it too early; but both have a gather, and a gather that is not alone flushes anyway.

Translations come only by loads here.
"""

from __future__ import annotations

from shootdown.hw.access import cpu_access
from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_read_file, sd_run_in
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+dontneed-two"
BOUNDS = {
    "SWAP_CLUSTER_MAX": 1,
    "NR_CPUS": 3,
    "NR_TABLES": 3,
    "NR_PAGES": 2,
    "NR_FILE_PAGES": 2,
    "NR_VMAS": 1,
}
CONFIG = {"RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", holds(), source="3ea277194daa"),
)


@setup(cpu=1)
def process() -> None:
    """Map two pages on both sides of the end of a table, and load from the first."""
    sd_read_file(record(address_space, 0))
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 1, 2, 0)
    sd_access(1, False)


@setup(cpu=2)
def second_thread() -> None:
    """Load from the second, and leave both alone for a while."""
    sd_run_in(record(mm_struct, 0))
    sd_access(2, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free the first page."""
    try_to_free_pages()


@task(cpu=1)
def first_adviser() -> None:
    """Give the first page back, and load from it if it is still there."""
    sys_madvise(1, 1)
    cpu_access(1, False)


@task(cpu=2)
def second_adviser() -> None:
    """Give the second page back."""
    sys_madvise(2, 1)
