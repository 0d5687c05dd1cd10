# SPDX-License-Identifier: GPL-2.0-only
"""planted-mark-unlocked: a write fault unlocks its page before it says that the page is dirty

A planted mistake: the fault has put the entry in place, which has the fault's reference now. It
unlocks the page; truncate() takes the page out of the mapping and out of the cache, and frees it;
then the fault marks whatever the page is by now.
"""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct, vm_fault
from shootdown.linux.include.linux.pagemap import folio_unlock
from shootdown.linux.kernel.user import sd_map_file, sd_user
from shootdown.linux.mm.page_writeback import folio_mark_dirty

NAME = "planted-mark-unlocked"
BOUNDS = {"NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("page_uaf"), source="planted"),)


@kernel
def fault_dirty_shared_page(vmf: Ref[vm_fault]) -> None:
    """Say that the page, which now is mapped writable, must be written; unlock it.

    Kernel: mm/memory.c, v6.18
    Context: page locked, unlocked on return; mmap_lock held
    Deviates: unlocks the page first
    """
    folio_unlock(vmf.page)
    folio_mark_dirty(vmf.page)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
