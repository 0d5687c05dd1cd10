# SPDX-License-Identifier: MIT
"""No load or store reaches a frame through a translation older than the frame's last freeing.

The memory belongs to nobody by then, or to somebody else. So no entry has it any more when it is
freed: whoever walks to that later cannot be told from one who uses what is his own.

Not vacuous: broken when the pages of an unmapped range are freed before the flush.
"""

from __future__ import annotations

from shootdown.hw.bounds import cpu_id, pfn_t, vpn_t
from shootdown.hw.events import access_made, page_freed
from shootdown.hw.memory import is_mapped
from shootdown.lang import Bool, check, invariant, on

__all__ = ["stale_access"]

stale_access = invariant("stale_access", "a page is used through the TLB after it was freed")


@on(access_made)
def access_is_to_own_memory(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each access by the mark that the freeing left on its translation."""
    check(not stale, "stale_access")


@on(page_freed)
def frame_has_left_the_tables(pfn: pfn_t) -> None:
    """Find an entry that still has the frame, accessible or not."""
    check(not is_mapped(pfn, False), "stale_access")
