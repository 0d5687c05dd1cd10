# SPDX-License-Identifier: GPL-2.0-only
"""The writing of a page to the blocks that it has on the disk."""

from __future__ import annotations

from shootdown.hw.disk import hw_write_disk
from shootdown.hw.published import page_flags
from shootdown.lang import Ref, index, kernel, record
from shootdown.linux.bounds import RECLAIM
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.pagemap import folio_unlock
from shootdown.linux.mm.swap_lru import folio_rotate_reclaimable

__all__ = [
    "__mpage_writepage",
    "folio_end_writeback",
    "folio_start_writeback",
    "mpage_bio_submit_write",
]


@kernel
def __mpage_writepage(folio: Ref[folio]) -> None:
    """Write the folio.

    Kernel: fs/mpage.c, v6.18
    Context: folio locked, unlocked on return; may sleep
    Deviates: each page is a request of its own; blocks are always there
    """
    folio_start_writeback(folio)
    folio_unlock(folio)
    mpage_bio_submit_write(folio)


@kernel
def mpage_bio_submit_write(folio: Ref[folio]) -> None:
    """Let the disk read the page, and hear that it has.

    Kernel: fs/mpage.c, v6.18
    Context: may sleep
    Deviates: the task that submits sees the end of the IO; the disk is as slow as that task
    """
    hw_write_disk(index(folio))
    folio_end_writeback(folio)


@kernel
def folio_start_writeback(folio: Ref[folio]) -> None:
    """Say that the folio is being written.

    Kernel: mm/page-writeback.c, v6.18
    Context: folio locked
    Deviates: accounting and tags
    """
    record(page_flags, index(folio)).writeback = True


@kernel
def folio_end_writeback(folio: Ref[folio]) -> None:
    """Say that the folio is written.

    Kernel: mm/filemap.c, v6.18
    Context: any
    Deviates: accounting and tags
    """
    if RECLAIM and folio.PG_reclaim:
        folio.PG_reclaim = False
        folio_rotate_reclaimable(folio)
    record(page_flags, index(folio)).writeback = False
