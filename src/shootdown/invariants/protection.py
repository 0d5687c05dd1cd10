# SPDX-License-Identifier: MIT
"""No access is made that a system call has forbidden, once the call has returned.

The call says when it begins which range of which address space it takes away. The frames that are
mapped there by then, in the tables or in a TLB, are the ones that nobody shall reach there after
it returned; unless one is freed, or mapped anew by another task, in between. So when the call
returns, the tables must not lead there any more, and each TLB entry of the range that does is
marked. An access through a marked entry is the violation; the mark goes with the entry.

A truncated file's pages must not even be mapped anew: when the call returns, each that it began
with and that is not free is out of reach, wherever it is mapped.

Translations of huge pages are judged in `protection_huge.py`.

The frame need not be free yet: some other call may have taken it out, and be about to flush.

A call that makes a range read-only forbids stores only: the TLB entries that still allow them to
such a frame are marked, and the tables must not allow them.

MADV_FREE forbids nothing. But if it takes away an entry that names a place on the disk, then what
is stored after its return belongs to a fresh page, and not to the one that had that place.

Not vacuous: broken when madvise(MADV_DONTNEED) does not flush, or when it finds nothing to do and
does not wait for the flush of another call that did; and so for mprotect().
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    NR_CPUS,
    NR_PAGES,
    NR_VPN,
    cpu_id,
    frame_or_table,
    pfn_t,
    slot_t,
    table_nr,
    vaddr_t,
    vpn_t,
)
from shootdown.hw.cpu import processor
from shootdown.hw.events import (
    access_made,
    cr3_loaded,
    disowning_done,
    huge_pmd_set,
    page_freed,
    place_disowned,
    pte_set,
    tlb_dropped,
    tlb_filled,
    tlb_flushed,
    truncation_begun,
    truncation_done,
    withdrawal_begun,
    withdrawal_done,
    write_protection_begun,
    write_protection_done,
)
from shootdown.hw.memory import is_mapped_at, table
from shootdown.hw.tlb import mmu, rights_t
from shootdown.lang import (
    NR_TASKS,
    Array,
    Bool,
    array,
    check,
    hw,
    invariant,
    on,
    record,
    struct,
    this_task,
)

__all__ = ["protection"]

protection = invariant("protection", "an access is made that a call has forbidden by its return")


@struct(count=NR_TASKS)
class withdrawal:
    """What the call of a task takes away."""

    frames: Array[Bool] = array(NR_PAGES)
    written: Array[Bool] = array(NR_PAGES)
    """Frames that shall not be stored to."""

    truncated: Array[Bool] = array(NR_PAGES)


@struct(count=NR_PAGES)
class out_of_reach:
    """What the monitor remembers of a frame."""

    by_truncation: Bool


@struct(count=NR_CPUS)
class forbidden:
    """The marked TLB entries of a CPU."""

    pages: Array[Bool] = array(NR_VPN)
    stores: Array[Bool] = array(NR_VPN)
    """Those that may be loaded through."""


@hw
def is_cached_by(cpu: cpu_id, root: table_nr, vpn: vpn_t, pfn: pfn_t, write: Bool) -> Bool:
    """Tell whether a CPU with these tables remembers the frame at that page (to store to)."""
    if record(processor, cpu).root != record(table, root):
        return False
    entry = record(mmu, cpu).tlb[vpn]
    if write and entry.rights == rights_t.READ:
        return False
    return entry.rights != rights_t.ABSENT and entry.pfn == pfn


@hw
def is_reached(root: table_nr, vpn: vpn_t, pfn: pfn_t, write: Bool) -> Bool:
    """Tell whether the frame is mapped at that page, or a CPU thinks so."""
    found = is_mapped_at(root, vpn, pfn, write)
    for cpu in range(NR_CPUS):
        found = found or is_cached_by(cpu, root, vpn, pfn, write)
    return found


@on(withdrawal_begun)
def note_what_is_there(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Remember the frames of the range."""
    own = record(withdrawal, this_task())
    for vpn in range(NR_VPN):
        if start <= vpn < end:
            for pfn in range(NR_PAGES):
                if is_reached(root, vpn, pfn, False):
                    own.frames[pfn] = True


@on(write_protection_begun)
def note_what_is_stored_to(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Remember the frames of the range that can be stored to."""
    own = record(withdrawal, this_task())
    for vpn in range(NR_VPN):
        if start <= vpn < end:
            for pfn in range(NR_PAGES):
                if is_reached(root, vpn, pfn, True):
                    own.written[pfn] = True


@hw
def is_left_mapped(root: table_nr, start: vaddr_t, end: vaddr_t) -> Bool:
    """Tell whether the task's call has passed by an entry that it should have taken away."""
    own = record(withdrawal, this_task())
    for vpn in range(NR_VPN):
        if start <= vpn < end:
            for pfn in range(NR_PAGES):
                if own.frames[pfn] and is_mapped_at(root, vpn, pfn, False):
                    return True
    return False


@hw
def is_left_writable(root: table_nr, start: vaddr_t, end: vaddr_t) -> Bool:
    """Tell whether the task's call has passed by an entry that it should have made read-only."""
    own = record(withdrawal, this_task())
    for vpn in range(NR_VPN):
        if start <= vpn < end:
            for pfn in range(NR_PAGES):
                if own.written[pfn] and is_mapped_at(root, vpn, pfn, True):
                    return True
    return False


@on(withdrawal_done)
def mark_what_is_left(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Mark the TLB entries that nobody may use any more; the tables must not have such entries."""
    own = record(withdrawal, this_task())
    check(not is_left_mapped(root, start, end), "protection")
    for vpn in range(NR_VPN):
        if start <= vpn < end:
            for pfn in range(NR_PAGES):
                if own.frames[pfn] and not is_mapped_at(root, vpn, pfn, False):
                    for cpu in range(NR_CPUS):
                        if is_cached_by(cpu, root, vpn, pfn, False):
                            record(forbidden, cpu).pages[vpn] = True
    for pfn in range(NR_PAGES):
        own.frames[pfn] = False


@hw
def mark_writable(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Mark the TLB entries by which the task's frames can still be stored to, and forget them."""
    own = record(withdrawal, this_task())
    for vpn in range(NR_VPN):
        if start <= vpn < end:
            for pfn in range(NR_PAGES):
                if own.written[pfn] and not is_mapped_at(root, vpn, pfn, True):
                    for cpu in range(NR_CPUS):
                        if is_cached_by(cpu, root, vpn, pfn, True):
                            record(forbidden, cpu).stores[vpn] = True
    for pfn in range(NR_PAGES):
        own.written[pfn] = False


@on(place_disowned)
def note_what_had_a_place(root: table_nr, vpn: vpn_t) -> None:
    """Remember the frames that CPUs still know at the page."""
    for pfn in range(NR_PAGES):
        for cpu in range(NR_CPUS):
            if is_cached_by(cpu, root, vpn, pfn, True):
                record(withdrawal, this_task()).written[pfn] = True


@on(disowning_done)
def mark_what_is_given_up(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Mark the TLB entries through which stores would be lost."""
    mark_writable(root, start, end)


@on(write_protection_done)
def mark_what_is_left_writable(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Mark the TLB entries that nobody may store through any more; the tables must have none."""
    check(not is_left_writable(root, start, end), "protection")
    mark_writable(root, start, end)


@on(truncation_begun)
def note_truncated_frame(pfn: pfn_t) -> None:
    """Remember a frame that the call truncates."""
    record(withdrawal, this_task()).truncated[pfn] = True


@on(truncation_done)
def put_out_of_reach() -> None:
    """Forbid what is left of the file's pages."""
    own = record(withdrawal, this_task())
    for pfn in range(NR_PAGES):
        if own.truncated[pfn]:
            record(out_of_reach, pfn).by_truncation = True
            own.truncated[pfn] = False


@on(access_made)
def access_is_allowed(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each access by the mark on its translation."""
    check(not record(forbidden, cpu).pages[vpn], "protection")
    check(not (write and record(forbidden, cpu).stores[vpn]), "protection")
    check(not record(out_of_reach, pfn).by_truncation, "protection")


@on(page_freed)
def forget_freed_frame(pfn: pfn_t) -> None:
    """Let the frame be mapped as another's: older translations are `stale_access` from here on."""
    record(out_of_reach, pfn).by_truncation = False
    for task in range(NR_TASKS):
        record(withdrawal, task).frames[pfn] = False
        record(withdrawal, task).written[pfn] = False
        record(withdrawal, task).truncated[pfn] = False


@on(pte_set)
def forget_mapped_frame(
    number: table_nr, slot: slot_t, pfn: frame_or_table, write: Bool, dirty: Bool
) -> None:
    """Let the frame be reached again, as somebody else maps it anew."""
    if record(table, number).level == 1:
        allow_others(pfn, write)


@on(huge_pmd_set)
def forget_mapped_huge_page(
    number: table_nr, slot: slot_t, pfn: pfn_t, write: Bool, dirty: Bool
) -> None:
    """Let the frame be reached again, as somebody else maps it anew."""
    allow_others(pfn, write)


@hw
def allow_others(pfn: pfn_t, write: Bool) -> None:
    """Let the calls of other tasks allow the frame."""
    for task in range(NR_TASKS):
        if task != this_task():
            record(withdrawal, task).frames[pfn] = False
            if write:
                record(withdrawal, task).written[pfn] = False


@hw
def unmark(cpu: cpu_id, vpn: vpn_t) -> None:
    """Let a page be accessed through the translation that comes next."""
    record(forbidden, cpu).pages[vpn] = False
    record(forbidden, cpu).stores[vpn] = False


@on(tlb_filled)
def unmark_filled(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, dirty: Bool) -> None:
    """Forget the mark of the entry before."""
    unmark(cpu, vpn)


@on(tlb_dropped)
def unmark_dropped(cpu: cpu_id, vpn: vpn_t) -> None:
    """Forget the mark of an entry that has gone."""
    unmark(cpu, vpn)


@on(tlb_flushed)
def unmark_flushed(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the marks of entries that have gone."""
    for vpn in range(start, end):
        unmark(cpu, vpn)


@on(cr3_loaded)
def unmark_all(cpu: cpu_id) -> None:
    """Forget the marks of entries that have gone."""
    for vpn in range(NR_VPN):
        unmark(cpu, vpn)
