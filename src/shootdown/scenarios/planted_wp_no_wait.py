# SPDX-License-Identifier: GPL-2.0-only
"""planted-wp-no-wait: a write fault says that the page is dirty, and does not wait

A planted mistake in store+fsync: the fault neither locks the page nor waits until it is unlocked.
Kernels before v2.6.23 had this race.
"""

from __future__ import annotations

from shootdown.hw.memory import frame
from shootdown.lang import Ref, atomic, check, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct, page, vm_fault
from shootdown.linux.include.linux.pagemap import folio_get, folio_put
from shootdown.linux.kernel.user import sd_access, sd_map_file
from shootdown.linux.mm.filemap import filemap_write_and_wait_range
from shootdown.linux.mm.memory_fault import wp_page_reuse
from shootdown.linux.mm.page_writeback import do_writepages, folio_mark_dirty

NAME = "planted-wp-no-wait"
BOUNDS = {"LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("lost_write"), source="planted, 79352894b285"),)


@kernel
def do_wp_page(vmf: Ref[vm_fault]) -> None:
    """Let a store through a read-only entry.

    Kernel: mm/memory.c, v6.18
    Context: ptl held, released on return
    Deviates: neither locks the page nor waits for its lock
    """
    vmf.page = record(page, vmf.orig_pte.pfn)
    folio_get(vmf.page)
    wp_page_reuse(vmf)
    folio_mark_dirty(vmf.page)
    folio_put(vmf.page)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
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
