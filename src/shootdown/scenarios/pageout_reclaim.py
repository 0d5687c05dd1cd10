# SPDX-License-Identifier: GPL-2.0-only
"""pageout+reclaim: MADV_PAGEOUT and reclaim take the same page off its list

A thread loads from a page of a file. Another asks for it to be reclaimed, with MADV_PAGEOUT, which
finds it by its entry; and a task that needs memory finds it on its list. One of them takes it off,
and the other one leaves it alone: each would free it otherwise. In the end the file is emptied, and
the page is free if nobody has kept a reference to it.

Up to v5.10 the list's lock decides. Since commit d25b5bd8a8f4 (v5.11) it is who clears PG_lru; the
page may be on the list for a while without it, where reclaim passes it by.
"""

from __future__ import annotations

from shootdown.hw.access import cpu_access
from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in
from shootdown.linux.mm.madvise_pageout import sd_madvise_pageout
from shootdown.linux.mm.truncate import truncate_setsize
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "pageout+reclaim"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (since("v2.6.39", absent()), since("v5.4", holds()))


@setup(cpu=0)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process and load from the page, and then do something else for a while."""
    sd_run_in(record(mm_struct, 0))
    sd_access(0, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def adviser() -> None:
    """Have the page reclaimed."""
    sd_madvise_pageout(0, 1)


@task(cpu=2)
def reclaimer() -> None:
    """Free some pages, and then all of the file's."""
    try_to_free_pages()
    truncate_setsize(record(address_space, 0), 0)


@task(cpu=1)
def loads() -> None:
    """Load from the page if it is still there."""
    cpu_access(0, False)
