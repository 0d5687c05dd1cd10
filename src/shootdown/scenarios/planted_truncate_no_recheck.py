# SPDX-License-Identifier: GPL-2.0-only
"""planted-truncate-no-recheck: a fault does not look again whether its page is still the file's

A planted mistake: a fault finds a page in the page cache, waits for its lock, and then maps it,
whatever has become of it. While it waits, truncate() takes the page out of the cache. When that has
returned, a thread uses a page that is no file's any more.
"""

from __future__ import annotations

from shootdown.lang import NULL, Bool, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.bounds import pgoff_t
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct, vm_fault
from shootdown.linux.include.linux.pagemap import folio_lock
from shootdown.linux.kernel.user import sd_map_file, sd_user
from shootdown.linux.mm.filemap import __filemap_get_folio

NAME = "planted-truncate-no-recheck"
BOUNDS = {"NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("protection"), source="planted"),)


@kernel
def filemap_fault(vmf: Ref[vm_fault]) -> Bool:
    """Find the page of a fault, locked and with a reference; tell whether it was there.

    Kernel: mm/filemap.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: takes what it has found before it had the lock
    """
    pgoff: pgoff_t = vmf.vma.vm_pgoff + (vmf.address - vmf.vma.vm_start)
    folio = __filemap_get_folio(vmf.vma.vm_file, pgoff)
    if folio is NULL:
        return False
    folio_lock(folio)
    vmf.page = folio
    return True


@setup(cpu=1)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
