# SPDX-License-Identifier: MIT
"""Frames find owners and lose them: only here does memory change hands.

Freeing marks every TLB entry and every walk that still points at the frame. The lowest free frame
is handed out first, so that memory is used again as early as it can be.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    NR_PAGES,
    NR_TABLES,
    PTRS_PER_TABLE,
    frame_or_none,
    level_t,
    pfn_t,
    table_nr,
    table_or_none,
)
from shootdown.hw.events import (
    page_allocated,
    page_freed,
    page_freed_twice,
    table_allocated,
    table_freed,
    table_freed_twice,
)
from shootdown.hw.memory import entry_t, frame, table
from shootdown.hw.tlb import mark_frame_stale, mark_table_stale
from shootdown.lang import Ptr, atomic, hw, pointer, record

__all__ = ["hw_alloc_frame", "hw_alloc_table", "hw_free_frame", "hw_free_table"]


@hw
def hw_alloc_frame() -> frame_or_none:
    """Take a data frame, or return -1 if all have owners."""
    with atomic():
        for pfn in range(NR_PAGES):
            if not record(frame, pfn).allocated:
                record(frame, pfn).allocated = True
                page_allocated(pfn)
                return pfn
        return -1


@hw
def hw_free_frame(pfn: pfn_t) -> None:
    """Give a data frame back; its contents are gone."""
    with atomic():
        if record(frame, pfn).allocated:
            record(frame, pfn).allocated = False
            record(frame, pfn).unsaved = False
            record(frame, pfn).copy = 0
            mark_frame_stale(pfn)
            page_freed(pfn)
        else:
            page_freed_twice(pfn)


@hw
def hw_alloc_table(level: level_t) -> table_or_none:
    """Take an empty table frame, or return -1 if all have owners."""
    with atomic():
        for number in range(NR_TABLES):
            if record(table, number).level == 0:
                record(table, number).level = level
                table_allocated(number, level)
                return number
        return -1


@hw
def hw_free_table(number: table_nr) -> None:
    """Give a table frame back; its entries are gone."""
    with atomic():
        if record(table, number).level > 0:
            record(table, number).level = 0
            clear_entries(number)
            mark_table_stale(number)
            table_freed(number)
        else:
            table_freed_twice(number)


@hw
def clear_entries(number: table_nr) -> None:
    """Empty a table that is being freed: whoever reads it later is reported, not served."""
    for slot in range(PTRS_PER_TABLE):
        entry: Ptr[entry_t] = pointer(entry_t, number * PTRS_PER_TABLE + slot)
        entry[0] = entry_t()
