# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+switch: a CPU leaves a process, and comes back to it, while reclaim takes a page from it

A thread reclaims a page of its own process, which has another thread on another CPU. Reclaim looks
at the mask of the CPUs that run the process, finds that a flush would interrupt one, and puts it
off; then it looks again, to note which. In between the other CPU may have left: then only the
thread's own CPU is flushed. A CPU that comes later finds the entry gone.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in
from shootdown.linux.mm.mmap import mm_init
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+switch"
BOUNDS = {"NR_MM": 2, "NR_PAGES": 3, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": (0, 1)}
EXPECT = (
    since("v2.6.39", holds(), source="72b252aed506"),
    at("defer_writable_flush^", holds(), source="72b252aed506"),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and load from it; there is another process."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)
    mm_init(record(mm_struct, 1))


@setup(cpu=0)
def second_thread() -> None:
    """Run another thread, which loads, too."""
    sd_run_in(record(mm_struct, 0))
    sd_access(0, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free the page, and load from it once more."""
    try_to_free_pages()
    sd_access(0, False)


@task(cpu=1)
def switcher() -> None:
    """Run the other process, and then this one again, which loads."""
    context_switch(record(mm_struct, 1))
    context_switch(record(mm_struct, 0))
    sd_access(0, False)
