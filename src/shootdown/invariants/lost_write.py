# SPDX-License-Identifier: MIT
"""What was stored to a page reaches the disk: by the end somebody still knows that it has to.

In an end state, a frame whose contents the disk has not is dirty, or a page-table entry that maps
it is. What the disk has, it has until the block is given back. And a page that the kernel drops
because it can read it back is saved at that moment, and never stored to again: nobody will look at
it any more.

A page of the swap cache that no entry maps, and whose block none names, has no owner any more, and
holds nothing that anybody needs.

What a page holds whose owner has said that it does not need that (MADV_FREE) may be lost, and so
may be what is stored there until the call returns. What is stored afterwards may not. A page that
several address spaces have is lost when the last of them drops it.

Not vacuous: the first is broken when `page_mkclean` does not flush, or when zap moves the dirty
bit to the page and flushes only after the page-table lock; the second, when reclaim drops a page
before the flush that its unmapping deferred. Stores after MADV_FREE are lost if it does not flush.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    ANON_SHARED,
    CONFIG_SWAP,
    FOLIO_PAGES,
    NR_PAGES,
    cpu_id,
    pfn_t,
    table_nr,
    vaddr_t,
    vpn_t,
)
from shootdown.hw.events import (
    access_made,
    device_stored,
    disowning_done,
    page_discarded,
    page_disowned,
    page_evicted,
    page_freed,
)
from shootdown.hw.memory import frame, is_mapped, is_noted
from shootdown.hw.published import page_flags, page_place
from shootdown.lang import (
    NR_TASKS,
    Array,
    Bool,
    array,
    check,
    final,
    hw,
    invariant,
    on,
    record,
    struct,
    this_task,
)

__all__ = ["lost_write"]

lost_write = invariant("lost_write", "a store to a page never reaches the disk")


@struct(count=NR_PAGES)
class farewell:
    """What the monitor remembers of a frame."""

    evicted: Bool
    """Only the disk's copy counts, until the frame is freed."""

    disowned: Bool
    """Nobody needs what it holds, until it is stored to."""


@struct(count=NR_TASKS)
class disowning:
    """The frames whose contents the call of a task gives up."""

    frames: Array[Bool] = array(NR_PAGES)


@hw
def is_being_disowned(pfn: pfn_t) -> Bool:
    """Tell whether stores to the frame may still be lost: a call that gives it up is at work."""
    for task in range(NR_TASKS):
        if record(disowning, task).frames[pfn]:
            return True
    return False


@hw
def has_owner(pfn: pfn_t) -> Bool:
    """Tell whether the page can be found: its owner may have unmapped one of the swap cache."""
    if CONFIG_SWAP and record(page_flags, pfn).swapcache:
        return is_mapped(pfn, False) or is_noted(record(page_place, pfn).swap)
    if FOLIO_PAGES > 1 and not record(page_flags, pfn).cached:
        return is_mapped(pfn, False)
    return True


@hw
def is_needed(pfn: pfn_t) -> Bool:
    """Tell whether the frame holds a store that the disk has not, and that somebody needs."""
    is_lost = record(frame, pfn).unsaved and not record(farewell, pfn).disowned
    return is_lost and has_owner(pfn)


@on(page_disowned)
def note_disowned_frame(pfn: pfn_t) -> None:
    """Remember what the task gives up."""
    record(disowning, this_task()).frames[pfn] = True
    record(farewell, pfn).disowned = True


@on(disowning_done)
def keep_stores_again(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Let stores count from here on, even if others that give the same up are still at work."""
    own = record(disowning, this_task())
    for pfn in range(NR_PAGES):
        if own.frames[pfn]:
            for task in range(NR_TASKS):
                record(disowning, task).frames[pfn] = False


@final
def unsaved_pages_are_known_to_be_dirty() -> None:
    """Find frames whose contents nobody is going to write."""
    for pfn in range(NR_PAGES):
        is_left = record(frame, pfn).allocated and not record(farewell, pfn).evicted
        if is_left and is_needed(pfn):
            known = record(page_flags, pfn).dirty or is_mapped(pfn, True)
            check(known, "lost_write")


@on(page_evicted)
def evicted_page_is_saved(pfn: pfn_t) -> None:
    """Find stores that came after the page was written."""
    check(not is_needed(pfn), "lost_write")
    record(farewell, pfn).evicted = record(farewell, pfn).evicted or has_owner(pfn)


@on(page_discarded)
def discarded_page_is_not_needed(pfn: pfn_t) -> None:
    """Find stores that came after the page's owner has said that it does not need it."""
    if ANON_SHARED and is_mapped(pfn, False):
        return
    is_kept = record(frame, pfn).unsaved and not record(farewell, pfn).disowned
    check(not is_kept, "lost_write")
    record(farewell, pfn).evicted = True


@on(access_made)
def evicted_page_is_not_stored_to(
    cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool
) -> None:
    """Find stores that come after the last look at the page; stale ones are `stale_access`."""
    if write and not is_being_disowned(pfn):
        check(stale or not record(farewell, pfn).evicted, "lost_write")
        record(farewell, pfn).disowned = False


@on(device_stored)
def evicted_page_is_not_stored_to_by_a_device(pfn: pfn_t) -> None:
    """Find what a device stores after the last look at the page."""
    check(not record(farewell, pfn).evicted, "lost_write")
    record(farewell, pfn).disowned = False


@on(page_freed)
def forget_frame(pfn: pfn_t) -> None:
    """Let the frame's next owner start anew."""
    record(farewell, pfn).evicted = False
    record(farewell, pfn).disowned = False
    for task in range(NR_TASKS):
        record(disowning, task).frames[pfn] = False
