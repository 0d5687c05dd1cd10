# SPDX-License-Identifier: MIT
"""`lost_write`, for blocks of the disk that find owners and lose them: what was put there is kept.

What is written to a block that belongs to nobody overwrites the next owner's, or is overwritten.
Who reads a block may find out in time that it was given up meanwhile; but a page that was read from
one, and is mapped, has what the block's owner had put there.

Not vacuous: broken when swap-in gives the slot back before it has read it.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES, block_t, frame_or_table, pfn_t, slot_t, table_nr
from shootdown.hw.events import block_read, block_written, page_freed, pte_set
from shootdown.hw.memory import table
from shootdown.lang import Bool, check, on, record, struct

__all__ = ["origin"]


@struct(count=NR_PAGES)
class origin:
    """What the monitor remembers of a frame."""

    is_garbage: Bool
    """It was read from a block that has not what its owner had put there."""


@on(block_written)
def written_block_has_an_owner(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Find contents that are put where nobody keeps them."""
    check(not lost, "lost_write")


@on(block_read)
def note_garbage(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """Remember contents that were never written, or given up."""
    record(origin, pfn).is_garbage = lost


@on(pte_set)
def mapped_page_is_what_it_was(
    number: table_nr, slot: slot_t, pfn: frame_or_table, write: Bool, dirty: Bool
) -> None:
    """Find a page that comes back without its contents."""
    if record(table, number).level == 1:
        check(not record(origin, pfn).is_garbage, "lost_write")


@on(page_freed)
def forget_freed_frame(pfn: pfn_t) -> None:
    """Let the frame's next owner start anew."""
    record(origin, pfn).is_garbage = False
