# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-two-mms: reclaim takes a page from two processes, by a task of one of them

Two processes load from the same page of a file, one of them on two CPUs. A thread of that one needs
memory, and unmaps the page in both: one flush reaches the CPUs of both, its own included.

From v4.14 on, flushes have numbers, of which each address space has its own. That of a batch has
none: each CPU catches up with the number of whatever address space it has.

It grows with the file: with two pages, reclaim takes both in one batch, in any order with the loads
(--bound NR_FILE_PAGES=2 --bound PTRS_PER_TABLE=2 --bound NR_PAGES=6).
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task
from shootdown.linux.bounds import NR_FILE_PAGES
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_new_process, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-two-mms"
BOUNDS = {"NR_CPUS": 3, "NR_MM": 2, "NR_VMAS": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_PAGES": 4}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
ALL = (1 << NR_FILE_PAGES) - 1
EXPECT = (
    since("v2.6.39", holds(), source="72b252aed506"),
    at("defer_writable_flush^", holds(), source="72b252aed506"),
)


def load_all() -> None:
    """Load from every page."""
    for vpn in range(NR_FILE_PAGES):
        sd_access(vpn, False)


@setup(cpu=1)
def first_process() -> None:
    """Map a file and load from it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    load_all()


@setup(cpu=2)
def second_process() -> None:
    """Map it, too, and load from it."""
    sd_new_process(record(mm_struct, 1))
    do_mmap(record(address_space, 0), 0, NR_FILE_PAGES, 0)
    load_all()


@setup(cpu=0)
def thread_of_the_first() -> None:
    """Load from the file, and forget about it."""
    sd_run_in(record(mm_struct, 0))
    load_all()
    sd_age(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free memory, and load from what is mapped in its place."""
    try_to_free_pages()
    load_all()


@task(cpu=1, kind="user")
def first_reader() -> None:
    """Load from the file."""
    sd_user(ALL, 0)


@task(cpu=2, kind="user")
def second_reader() -> None:
    """Load from the file, in the other process."""
    sd_user(ALL, 0)
