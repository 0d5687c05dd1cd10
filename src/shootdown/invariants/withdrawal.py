# SPDX-License-Identifier: MIT
"""`protection`, for what a range has: once a call has given it back, it is reached anew or not.

MADV_DONTNEED gives the pages of a range back, and leaves the range. The frames that are there when
it begins, in the tables or in a TLB, and those that it takes out itself, nobody shall reach there
after it returned: the tables must not have them any more, and each TLB entry of the range that
leads to one is marked. An access through a marked entry is the violation; the mark goes with it.

Only a fault, or a call that changes what the range allows, maps such a frame anew, and lets it be
reached: what an entry comes to allow while its task handles one. It allows no more than that: a
store needs an entry that has come to allow stores. All others who touch an entry, who move it, or
put it back after they have looked at it, give nobody a right.

Who watches for stores (soft-dirty) withdraws the right to store, and only that: the next store to
what is there when the call begins has a fault first.

MADV_FREE forbids nothing. But if it takes away an entry that names a place on the disk, then what
is stored after its return belongs to a fresh page, and not to the one that had that place.

The frame need not be free yet: some other call may have taken it out, and be about to flush. Marks
of translations of huge pages are in `withdrawal_huge.py`.

Not vacuous: broken when madvise(MADV_DONTNEED) does not flush, or when it finds nothing to do and
does not wait for the flush of another call that did.
"""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import (
    CONFIG_TRANSPARENT_HUGEPAGE,
    NR_CPUS,
    NR_PAGES,
    NR_VPN,
    PTRS_PER_TABLE,
    cpu_id,
    frame_or_table,
    pfn_t,
    slot_t,
    table_nr,
    vaddr_t,
    vpn_t,
)
from shootdown.hw.events import (
    access_granted,
    access_made,
    cr3_loaded,
    disowning_done,
    fault_begun,
    fault_done,
    frame_unmapped,
    page_freed,
    page_replaced,
    permission_begun,
    permission_done,
    place_disowned,
    tlb_dropped,
    tlb_filled,
    tlb_flushed,
    withdrawal_begun,
    withdrawal_done,
    write_protection_begun,
    write_protection_done,
)
from shootdown.hw.memory import entry_t, is_for
from shootdown.hw.reach import has_frame_at, is_reached, is_remembered
from shootdown.hw.tlb import mmu, rights_t
from shootdown.invariants.withdrawal_huge import mark_huge
from shootdown.lang import (
    NR_TASKS,
    OWN_TASK,
    Array,
    Bool,
    Ptr,
    array,
    check,
    guarded_by,
    hw,
    on,
    pointer,
    record,
    struct,
    this_task,
    upto,
)

__all__ = ["withdrawal"]

STORES = 1
EVERYTHING = 2

right_nr = Annotated[int, upto(NR_VPN * NR_PAGES - 1)]
"""A frame at a page."""


@struct(count=NR_TASKS)
class withdrawal:
    """What the call of a task takes away."""

    takes: Annotated[int, upto(EVERYTHING)]
    """What it takes of that which it finds; 0: nothing, or no call is at work."""

    root: table_nr
    frames: Array[Bool] = array(NR_VPN * NR_PAGES)
    """Frames that shall not be reached at a page."""

    written: Array[Bool] = array(NR_VPN * NR_PAGES)
    """Frames that shall not be stored to at a page."""


@struct(count=NR_TASKS)
class granting:
    """Whether a task may let others reach what they do not."""

    is_legal: Bool = guarded_by(OWN_TASK)


@struct(count=NR_CPUS)
class marked:
    """The TLB entries of a CPU that nobody may use any more."""

    pages: Array[Bool] = array(NR_VPN)
    stores: Array[Bool] = array(NR_VPN)
    """Those that may be loaded through."""


@hw
def right_of(vpn: vpn_t, pfn: pfn_t) -> right_nr:
    """Return the number of a frame at a page."""
    return vpn * NR_PAGES + pfn


# Who takes away


@hw
def note(root: table_nr, start: vaddr_t, end: vaddr_t, takes: int) -> None:
    """Remember what a range has, at the beginning of the call of this task."""
    own = record(withdrawal, this_task())
    own.takes = takes
    own.root = root
    for vpn in range(NR_VPN):
        if start <= vpn < end:
            for pfn in range(NR_PAGES):
                right = right_of(vpn, pfn)
                if takes == EVERYTHING and is_reached(root, vpn, pfn, False):
                    own.frames[right] = True
                if is_reached(root, vpn, pfn, True):
                    own.written[right] = True


@hw
def mark(root: table_nr) -> None:
    """Mark the TLB entries that lead where they shall not, and forget the call."""
    own = record(withdrawal, this_task())
    for vpn in range(NR_VPN):
        for pfn in range(NR_PAGES):
            right = right_of(vpn, pfn)
            for cpu in range(NR_CPUS):
                if own.frames[right] and is_remembered(cpu, root, vpn, pfn, False):
                    record(marked, cpu).pages[vpn] = True
                if own.written[right] and is_remembered(cpu, root, vpn, pfn, True):
                    record(marked, cpu).stores[vpn] = True
            if CONFIG_TRANSPARENT_HUGEPAGE:
                mark_huge(root, vpn, pfn, own.frames[right], own.written[right])
            own.frames[right] = False
            own.written[right] = False
    own.takes = 0
    own.root = 0


@hw
def is_left(root: table_nr) -> Bool:
    """Tell whether the tables still have what the call of this task was to take away."""
    own = record(withdrawal, this_task())
    for vpn in range(NR_VPN):
        for pfn in range(NR_PAGES):
            right = right_of(vpn, pfn)
            if own.frames[right] and has_frame_at(root, vpn, pfn, False):
                return True
            if own.written[right] and has_frame_at(root, vpn, pfn, True):
                return True
    return False


@on(withdrawal_begun)
def note_what_is_there(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Remember the frames of the range."""
    note(root, start, end, EVERYTHING)


@on(write_protection_begun)
def note_what_is_stored_to(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Remember the frames of the range that can be stored to."""
    note(root, start, end, STORES)


@on(frame_unmapped)
def note_what_is_taken_out(number: table_nr, slot: slot_t, pfn: frame_or_table) -> None:
    """Remember what the call finds besides, since it has come after the call had begun."""
    own = record(withdrawal, this_task())
    if own.takes > 0:
        position: Ptr[entry_t] = pointer(entry_t, number * PTRS_PER_TABLE + slot)
        for vpn in range(NR_VPN):
            if is_for(own.root, vpn, position):
                own.frames[right_of(vpn, pfn)] = own.takes == EVERYTHING
                own.written[right_of(vpn, pfn)] = True


@on(withdrawal_done)
def everything_is_gone(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Mark the TLB entries that nobody may use any more; the tables must not have such entries."""
    check(not is_left(root), "protection")
    mark(root)


@on(write_protection_done)
def stores_are_noticed(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Mark the TLB entries that nobody may store through any more; the tables must have none."""
    check(not is_left(root), "protection")
    mark(root)


@on(place_disowned)
def note_what_had_a_place(root: table_nr, vpn: vpn_t) -> None:
    """Remember the frames that CPUs still know at the page."""
    own = record(withdrawal, this_task())
    own.root = root
    for pfn in range(NR_PAGES):
        for cpu in range(NR_CPUS):
            if is_remembered(cpu, root, vpn, pfn, True):
                own.written[right_of(vpn, pfn)] = True


@on(disowning_done)
def mark_what_is_given_up(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Mark the TLB entries through which stores would be lost."""
    mark(root)


# Who gives


@on(fault_begun)
def begin_fault() -> None:
    """Let the task grant what it finds that an access may have."""
    record(granting, this_task()).is_legal = True


@on(fault_done)
def end_fault() -> None:
    """Let the task grant nothing any more."""
    record(granting, this_task()).is_legal = False


@on(permission_begun)
def begin_call(root: table_nr, start: vaddr_t, end: vaddr_t, load: Bool, store: Bool) -> None:
    """Let the task grant what its call is about."""
    record(granting, this_task()).is_legal = load


@on(permission_done)
def end_call(root: table_nr, start: vaddr_t, end: vaddr_t, load: Bool, store: Bool) -> None:
    """Let the task grant nothing any more."""
    record(granting, this_task()).is_legal = False


@on(access_granted)
def allow_what_is_granted(
    number: table_nr, slot: slot_t, pfn: frame_or_table, load: Bool, store: Bool
) -> None:
    """Let a frame be reached again where somebody maps it anew who may, by old translations too."""
    if record(granting, this_task()).is_legal:
        position: Ptr[entry_t] = pointer(entry_t, number * PTRS_PER_TABLE + slot)
        for task in range(NR_TASKS):
            other = record(withdrawal, task)
            for vpn in range(NR_VPN):
                if is_for(other.root, vpn, position):
                    if load:
                        other.frames[right_of(vpn, pfn)] = False
                    if store:
                        other.written[right_of(vpn, pfn)] = False


@on(page_replaced)
def follow_moved_page(pfn: pfn_t, to: pfn_t) -> None:
    """Take for the page what it has become."""
    for task in range(NR_TASKS):
        own = record(withdrawal, task)
        for vpn in range(NR_VPN):
            if own.frames[right_of(vpn, pfn)]:
                own.frames[right_of(vpn, to)] = True
            if own.written[right_of(vpn, pfn)]:
                own.written[right_of(vpn, to)] = True


@on(page_freed)
def forget_freed_frame(pfn: pfn_t) -> None:
    """Let the frame's next owner start anew; older translations are `stale_access` from here on."""
    for task in range(NR_TASKS):
        for vpn in range(NR_VPN):
            record(withdrawal, task).frames[right_of(vpn, pfn)] = False
            record(withdrawal, task).written[right_of(vpn, pfn)] = False


# Who is judged


@on(access_made)
def access_is_made_anew(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each access by the mark on its translation."""
    if record(mmu, cpu).tlb[vpn].rights != rights_t.ABSENT:
        check(not record(marked, cpu).pages[vpn], "protection")
        check(not (write and record(marked, cpu).stores[vpn]), "protection")


@hw
def unmark(cpu: cpu_id, vpn: vpn_t) -> None:
    """Let a page be accessed through the translation that comes next."""
    record(marked, cpu).pages[vpn] = False
    record(marked, cpu).stores[vpn] = False


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
