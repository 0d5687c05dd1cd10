# SPDX-License-Identifier: GPL-2.0-only
"""Direct reads: a device stores to the pages of a program, which no entry is asked for."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.hw.disk import hw_device_store
from shootdown.lang import Ref, index, kernel, record, this_cpu
from shootdown.linux.include.linux.mm_types import folio, task_struct
from shootdown.linux.include.linux.pagemap import folio_lock, folio_put, folio_unlock
from shootdown.linux.mm.gup import pin_user_pages_fast
from shootdown.linux.mm.page_writeback import folio_mark_dirty

__all__ = ["__blkdev_direct_IO_simple", "bio_release_pages"]


@kernel
def __blkdev_direct_IO_simple(pos: vaddr_t) -> None:
    """Have a device store what it has to a page of the running task's program.

    Kernel: block/fops.c, v6.18 (fs/block_dev.c before v5.16)
    Context: user context, may sleep
    Deviates: one page; the device takes no time
    """
    folio = pin_user_pages_fast(record(task_struct, this_cpu()).mm, pos)
    hw_device_store(index(folio))
    bio_release_pages(folio)


@kernel
def bio_release_pages(folio: Ref[folio]) -> None:
    """Say that a page was stored to, and give the reference back.

    Kernel: block/bio.c, v6.18 (bio_set_pages_dirty and bio_check_pages_dirty before v4.10)
    Context: may sleep
    Deviates: one page
    """
    folio_lock(folio)
    folio_mark_dirty(folio)
    folio_unlock(folio)
    folio_put(folio)
