# SPDX-License-Identifier: MIT
"""`lost_write`, for pages that move: what is stored to the old frame after the copy is lost.

A frame is copied to another, which then takes its place. Nobody may store to the old one after the
copy was made, through whatever his TLB has kept. If the other does not take its place in the end,
no harm is done.

Not vacuous: broken when a page is moved that NUMA balancing has made inaccessible, and whose flush
is still to come.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES, PAGES_MOVE, cpu_id, pfn_t, vpn_t
from shootdown.hw.events import access_made, page_copied, page_freed, page_replaced
from shootdown.lang import Bool, check, on, record, struct

__all__ = ["original"]


@struct(count=NR_PAGES)
class original:
    """What the monitor remembers of a frame."""

    is_copied: Bool
    """There is a copy, which may take its place."""

    is_stored_to: Bool
    """Somebody has stored to it since."""

    is_replaced: Bool


@on(page_copied)
def note_copy(pfn: pfn_t, to: pfn_t) -> None:
    """Look after the stores that the copy does not have."""
    record(original, pfn).is_copied = True
    record(original, pfn).is_stored_to = False


@on(page_replaced)
def copy_has_all_stores(pfn: pfn_t, to: pfn_t) -> None:
    """Find stores that came after the copy was made."""
    check(not record(original, pfn).is_stored_to, "lost_write")
    record(original, pfn).is_replaced = True


@on(access_made)
def store_reaches_the_copy(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Find stores to a frame whose copy has taken its place."""
    if PAGES_MOVE and write:
        check(not record(original, pfn).is_replaced, "lost_write")
        if record(original, pfn).is_copied:
            record(original, pfn).is_stored_to = True


@on(page_freed)
def forget_original(pfn: pfn_t) -> None:
    """Let the frame's next owner start anew; older translations are `stale_access` from here on."""
    if PAGES_MOVE:
        record(original, pfn).is_copied = False
        record(original, pfn).is_stored_to = False
        record(original, pfn).is_replaced = False
