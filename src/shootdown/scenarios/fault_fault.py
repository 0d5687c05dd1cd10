# SPDX-License-Identifier: GPL-2.0-only
"""fault+fault: two threads touch the same pages first

Both find no page table, no entry for fresh memory, and none for a page of a file. Each prepares
what is missing, without a lock; the one that comes second has to see that, and give its own back:
the table, the fresh page, and the reference to the file's page.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_read_file, sd_run_in, sd_take_memory
from shootdown.linux.mm.mmap import do_mmap

NAME = "fault+fault"
BOUNDS = {"NR_PAGES": 3, "NR_TABLES": 3, "NR_VMAS": 2, "MAX_REFERENCES": 4}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory, and map a page of a file next to it."""
    sd_read_file(record(address_space, 0))
    sd_take_memory(record(mm_struct, 0), 1)
    do_mmap(record(address_space, 0), 1, 1, 0)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def first_writer() -> None:
    """Store to the memory, and load from the page."""
    sd_access(0, True)
    sd_access(1, False)


@task(cpu=1)
def second_writer() -> None:
    """Store to the memory, and load from the page."""
    sd_access(0, True)
    sd_access(1, False)
