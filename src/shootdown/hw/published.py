# SPDX-License-Identifier: MIT
"""What the kernel publishes about a frame: flags that decide whether its contents survive.

They are the kernel's data, in its `struct page`. They stand here because monitors judge by them,
and monitors know no kernel; they are stored once, and each access to them is a step.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES, block_t, folio_rank_t
from shootdown.lang import Bool, quiescent, record, struct, u8

__all__ = ["page_flags", "page_origin", "page_place", "page_unit"]


@struct(count=NR_PAGES)
class page_flags:
    """The flags of the page in a data frame."""

    dirty: Bool
    """Somebody will write it back (PG_dirty)."""

    writeback: Bool
    """It is being written (PG_writeback)."""

    cached: Bool
    """The page cache holds it (page->mapping of a file), or it is the huge zero page."""

    swapcache: Bool
    """The swap cache holds it (PG_swapcache)."""


@struct(count=NR_PAGES)
class page_place:
    """Where the page in a frame is on the disk."""

    swap: block_t
    """The block that it has while the swap cache holds it (folio->swap)."""


@struct(count=NR_PAGES)
class page_origin:
    """What the page in a frame was read from."""

    home: u8
    """A number for the place of a file, or for the block; 0: from nowhere, or nobody asks."""


@struct(count=NR_PAGES)
class page_unit:
    """Which frames come and go together: the pages of a large folio."""

    rank: folio_rank_t
    """How many frames of the same folio come before (compound_head)."""


@quiescent
def no_page_is_under_writeback() -> Bool:
    """Judge end states only when no IO is under way."""
    for pfn in range(NR_PAGES):
        if record(page_flags, pfn).writeback:
            return False
    return True
