# SPDX-License-Identifier: GPL-2.0-only
"""pageout+flusher: MADV_PAGEOUT of a dirty page of a file, and writeback

As reclaim+flusher, but a thread of the process asks for it: MADV_PAGEOUT unmaps the page, may not
write it, and unlocks it with the flush still put off. Writeback finds it mapped nowhere, cleans it
and writes it; the first thread stores to it once more, through what its TLB remembers.

So it takes no shortage of memory: any user can do this to a file that he may write.
"""

from __future__ import annotations

from shootdown.lang import absent, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.madvise_pageout import sd_madvise_pageout
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "pageout+flusher"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (since("v2.6.39", absent()), since("v5.4", violated("lost_write")))


@setup(cpu=0)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process, and store to the page."""
    sd_run_in(record(mm_struct, 0))
    sd_access(0, True)


@task(cpu=0)
def adviser() -> None:
    """Have the page reclaimed."""
    sd_madvise_pageout(0, 1)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
