# SPDX-License-Identifier: MIT
"""A frame or block is freed at most once for each time it was allocated.

Not vacuous: broken when a page goes into the gather twice, or when a table that an address space
shares with another is freed by both.
"""

from __future__ import annotations

from shootdown.hw.bounds import block_t, pfn_t, table_nr
from shootdown.hw.events import block_freed_twice, page_freed_twice, table_freed_twice
from shootdown.lang import invariant, on, violation

__all__ = ["double_free"]

double_free = invariant("double_free", "a page, page table or block is freed that is free already")


@on(page_freed_twice)
def page_is_freed_once(pfn: pfn_t) -> None:
    """Report a data frame that was free."""
    violation("double_free")


@on(table_freed_twice)
def table_is_freed_once(table: table_nr) -> None:
    """Report a table frame that was free."""
    violation("double_free")


@on(block_freed_twice)
def block_is_freed_once(block: block_t) -> None:
    """Report a block of the disk that was free."""
    violation("double_free")
