# SPDX-License-Identifier: MIT
"""In an end state, whoever could still find an allocated frame does exist.

A data frame is found through a page-table entry that maps it or through the page or swap cache; a
page table through an entry of a table above. Roots are left out: an address space holds them, and
when it dies is the kernel's business.

Not vacuous: broken when a page that zap took out of its entry is not put into the gather, or when
a table is unlinked and not freed.
"""

from __future__ import annotations

from shootdown.hw.bounds import LEVELS, NR_PAGES, NR_TABLES, PTRS_PER_TABLE, level_t, table_nr
from shootdown.hw.memory import entry_t, frame, is_mapped, table
from shootdown.hw.published import page_flags
from shootdown.lang import Bool, Ptr, check, final, hw, invariant, pointer, record

__all__ = ["leak"]

leak = invariant("leak", "a page or page table stays allocated though nobody can find it")


@final
def allocated_frames_are_found() -> None:
    """Find data frames that nobody refers to."""
    for pfn in range(NR_PAGES):
        if record(frame, pfn).allocated:
            check(record(page_flags, pfn).cached or is_mapped(pfn, False), "leak")


@final
def allocated_tables_are_found() -> None:
    """Find page tables that no table a level higher refers to."""
    for number in range(NR_TABLES):
        level = record(table, number).level
        if 0 < level < LEVELS:
            check(is_linked(number, level), "leak")


@hw
def is_linked(number: table_nr, level: level_t) -> Bool:
    """Tell whether an entry one level above `level` points at the table."""
    for above in range(NR_TABLES):
        if record(table, above).level == level + 1:
            for slot in range(PTRS_PER_TABLE):
                position: Ptr[entry_t] = pointer(entry_t, above * PTRS_PER_TABLE + slot)
                entry = position[0]
                if entry.present and entry.pfn == number:
                    return True
    return False
