# SPDX-License-Identifier: GPL-2.0-only
"""The writing of pages to their swap slots, and the reading."""

from __future__ import annotations

from shootdown.hw.disk import hw_read_block, hw_write_block
from shootdown.hw.published import page_place
from shootdown.lang import Ref, index, kernel, record
from shootdown.linux.fs.mpage import folio_end_writeback, folio_start_writeback
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.pagemap import folio_unlock
from shootdown.linux.mm.swapfile import folio_free_swap

__all__ = ["__swap_writepage", "swap_read_folio", "swap_writeout"]


@kernel
def swap_writeout(folio: Ref[folio]) -> None:
    """Write a folio to its slot, unless nobody needs it there any more.

    Kernel: mm/page_io.c, v6.18 (swap_writepage before v6.17)
    Context: folio locked and clean, unlocked on return; may sleep
    Deviates: pages of zeros are written as others are; nothing is kept compressed; the swap area is
        a disk and not a file
    """
    if folio_free_swap(folio):
        folio_unlock(folio)
        return
    __swap_writepage(folio)


@kernel
def __swap_writepage(folio: Ref[folio]) -> None:
    """Let the disk read the page, and hear that it has.

    Kernel: mm/page_io.c, v6.18
    Context: folio locked, unlocked on return; may sleep
    Deviates: the task that submits sees the end of the IO; the disk is as slow as that task
    """
    entry = record(page_place, index(folio)).swap
    folio_start_writeback(folio)
    folio_unlock(folio)
    hw_write_block(index(folio), entry)
    folio_end_writeback(folio)


@kernel
def swap_read_folio(folio: Ref[folio]) -> None:
    """Fill the folio from its slot.

    Kernel: mm/page_io.c, v6.18 (swap_readpage before v6.10)
    Context: folio locked, unlocked on return; may sleep
    Deviates: the task that submits sees the end of the IO; no IO fails; nothing was compressed
    """
    hw_read_block(index(folio), record(page_place, index(folio)).swap)
    folio_unlock(folio)
