# SPDX-License-Identifier: GPL-2.0-only
"""The system call truncate()."""

from __future__ import annotations

from shootdown.hw.events import truncation_begun, truncation_done
from shootdown.lang import NULL, Ref, atomic, index, kernel
from shootdown.linux.bounds import NR_FILE_PAGES, file_size_t
from shootdown.linux.include.linux.mm_types import address_space
from shootdown.linux.mm.truncate import truncate_setsize

__all__ = ["do_truncate"]


@kernel
def do_truncate(inode: Ref[address_space], length: file_size_t) -> None:
    """Make a file shorter.

    Kernel: fs/open.c, v6.18
    Context: may sleep
    Deviates: no file system, and so no blocks to give back
    """
    with atomic():
        for pgoff in range(NR_FILE_PAGES):
            folio = inode.i_pages[pgoff]
            if pgoff >= length and folio is not NULL:
                truncation_begun(index(folio))
    truncate_setsize(inode, length)
    with atomic():
        truncation_done()
