# SPDX-License-Identifier: GPL-2.0-only
"""store+fsync: what was stored before fsync() is on the disk after it

A thread stores to a page of a shared file mapping and calls fsync(); nobody else stores to it.
Meanwhile writeback cleans and writes the page, too. The store may find the entry read-only. The
fault makes it writable, and then says that the page is dirty. Writeback that has passed the entry
by clears the dirty flag before it unlocks the page, so the fault has to wait for that: or else
fsync() finds a clean page and has nothing to do.
"""

from __future__ import annotations

from shootdown.hw.memory import frame
from shootdown.lang import atomic, check, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file
from shootdown.linux.mm.filemap import filemap_write_and_wait_range
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "store+fsync"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
EXPECT = (since("v2.6.39", holds(), source="79352894b285"),)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file, load from it and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)
    sd_access(0, True)


@task(cpu=0)
def syncer() -> None:
    """Store to the page, call fsync(), and look at the disk."""
    sd_access(0, True)
    filemap_write_and_wait_range(record(address_space, 0))
    with atomic():
        check(not record(frame, 0).unsaved, "lost_write")


@task(cpu=1)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
