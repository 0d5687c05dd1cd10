# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+lazy: reclaim takes a page of a process whose CPU runs a kernel thread for a while

The CPU borrows the address space, and its TLB keeps what it has. Reclaim takes a page out, and puts
the flush off. From v4.20 on the flush spares CPUs that are lazy: they make up for it when they come
back to the process, for reclaim has begun a generation of its address space when it took the entry
out. The flush itself has no number and no address space.
"""

from __future__ import annotations

from shootdown.lang import NULL, at, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+lazy"
BOUNDS = {"NR_PAGES": 2, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"LAZY_TLB": True, "READ_BACK": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", holds(), source="72b252aed506"),
    at("defer_writable_flush^", holds(), source="72b252aed506"),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and load from it, and not for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@task(cpu=0)
def reclaimer() -> None:
    """Free the page."""
    try_to_free_pages()


@task(cpu=1)
def switcher() -> None:
    """Run a kernel thread, then the process again, which loads from the page."""
    context_switch(NULL)
    context_switch(record(mm_struct, 0))
    sd_access(0, False)
