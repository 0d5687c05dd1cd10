# SPDX-License-Identifier: MIT
"""In an end state, whoever could still find an allocated frame does exist.

A data frame is found through a page-table entry that maps it or through the page or swap cache, and
so are those that come and go with it; a page table, through an entry of a table above; a block of
the disk, through an entry that says that the page is there, or through the page in the swap cache.
That finds one page for each block that is taken. Roots are left out: an address space holds them,
and when it dies is the kernel's business.

Not vacuous: broken when a page that zap took out of its entry is not put into the gather, when a
table is unlinked and not freed, or when zap forgets an entry that has a block.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    CONFIG_SWAP,
    FOLIO_PAGES,
    LEVELS,
    NR_BLOCKS,
    NR_PAGES,
    NR_TABLES,
    PTRS_PER_TABLE,
    block_t,
    level_t,
    pfn_t,
    table_nr,
)
from shootdown.hw.disk import block
from shootdown.hw.memory import entry_t, frame, is_mapped, is_noted, table
from shootdown.hw.published import page_flags, page_place, page_unit
from shootdown.lang import Bool, Ptr, check, final, hw, invariant, pointer, record

__all__ = ["leak"]

leak = invariant("leak", "a page, page table or block stays allocated though nobody can find it")


@final
def allocated_frames_are_found() -> None:
    """Find data frames that nobody refers to."""
    for pfn in range(NR_PAGES):
        if record(frame, pfn).allocated:
            flags = record(page_flags, pfn)
            check(flags.cached or is_in_swap_cache(pfn) or is_unit_mapped(pfn), "leak")


@final
def allocated_tables_are_found() -> None:
    """Find page tables that no table a level higher refers to."""
    for number in range(NR_TABLES):
        level = record(table, number).level
        if 0 < level < LEVELS:
            check(is_linked(number, level), "leak")


@final
def allocated_blocks_are_found() -> None:
    """Find blocks of the disk that nobody refers to."""
    if CONFIG_SWAP:
        for number in range(NR_BLOCKS):
            if record(block, number).allocated:
                check(is_noted(number) or is_cached(number), "leak")


@hw
def is_unit_mapped(pfn: pfn_t) -> Bool:
    """Tell whether an entry has the frame, or one of those that come and go with it."""
    if FOLIO_PAGES > 1:
        first = pfn - record(page_unit, pfn).rank
        for other in range(NR_PAGES):
            if other - record(page_unit, other).rank == first and is_mapped(other, False):
                return True
        return False
    return is_mapped(pfn, False)


@hw
def is_in_swap_cache(pfn: pfn_t) -> Bool:
    """Tell whether the swap cache has the frame, which is the only one for a block in use."""
    if CONFIG_SWAP and record(page_flags, pfn).swapcache:
        number = record(page_place, pfn).swap
        for other in range(NR_PAGES):
            if record(page_flags, other).swapcache and record(page_place, other).swap == number:
                return other == pfn and record(block, number).allocated
    return False


@hw
def is_cached(number: block_t) -> Bool:
    """Tell whether a page in the swap cache has the block."""
    for pfn in range(NR_PAGES):
        if record(page_flags, pfn).swapcache and record(page_place, pfn).swap == number:
            return True
    return False


@hw
def is_linked(number: table_nr, level: level_t) -> Bool:
    """Tell whether an entry one level above `level` points at the table."""
    for above in range(NR_TABLES):
        if record(table, above).level == level + 1:
            for slot in range(PTRS_PER_TABLE):
                position: Ptr[entry_t] = pointer(entry_t, above * PTRS_PER_TABLE + slot)
                entry = position[0]
                if entry.present and entry.pfn == number and entry.huge == 0:
                    return True
    return False
