# SPDX-License-Identifier: MIT
"""zap-protocol: zap_pte_range() against page_mkclean(), in fixed steps

A yardstick, not a model of a kernel: the protocol in which other checkers were measured, each
numbered step one atomic block, so that every tool must count the same distinct states.

`VARIANT` 0 flushes after it drops the page-table lock; 1 flushes before, but removes the reverse
mapping first (2014); 2 removes it after the flush (2022). With `MAPCHECK`, writeback looks at
page_mapped() without the lock first.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

from shootdown.lang import (
    Array,
    Bool,
    array,
    atomic,
    bound,
    check,
    choose,
    final,
    hardware_task,
    hw,
    invariant,
    option,
    record,
    replace,
    rest,
    setup,
    struct,
    task,
    this_cpu,
    upto,
    value,
    wait_until,
)

NAME = "zap-protocol"
BOUNDS = {"NR_CPUS": 1}
# Which CPU writes back does not matter, so it is no task that has to share one.
HARDWARE = {"writeback": (0,)}

NR_PAGES = bound(1, "pages")
NR_CPUS = bound(1, "CPUs that run a user thread")
NR_ROUNDS = bound(1, "rounds of writeback")
VARIANT = bound(2, "0: flush after unlock, 1: fix of 2014, 2: fix of 2022")
MAPCHECK = option(True, "writeback looks at page_mapped() first")

lost_write = invariant("lost_write", "a page differs from the disk, and nobody knows")
stale_access = invariant("stale_access", "a store reaches a page that the mapping has let go")

page_nr = Annotated[int, upto(NR_PAGES - 1)]


class sender(IntEnum):
    """Who interrupts the CPUs."""

    UNMAPPER = 0
    WRITEBACK = 1


class tlb_entry(IntEnum):
    """What a CPU knows of a page."""

    NONE = 0
    READ_ONLY = 1
    CLEAN = 2
    DIRTY = 3


class outcome(IntEnum):
    """What an access comes to."""

    DONE = 0
    FAULT = 1
    END = 2


@value
class pte_t:
    """An entry of the page table."""

    present: Bool = False
    write: Bool = False
    dirty: Bool = False


@struct(count=NR_PAGES)
class page:
    """A page: its entry, its flags, and whether memory differs from the disk."""

    pte: pte_t
    locked: Bool
    dirty: Bool
    mapped: Bool
    referenced: Bool
    unsaved: Bool


@struct(count=1)
class mm:
    """The page-table lock, and what the unmapper gathers."""

    locked: Bool
    was_dirty: Bool
    force_flush: Bool
    flushed: Bool


@struct(count=NR_CPUS)
class cpu:
    """A CPU's translations, and the interrupts that it has not acknowledged."""

    tlb: Array[tlb_entry] = array(NR_PAGES)
    pending: Array[Bool] = array(2)


@setup(cpu=0)
def everything_is_mapped() -> None:
    """Map each page, writable and dirty, with memory newer than the disk."""
    for nr in range(NR_PAGES):
        frame = record(page, nr)
        frame.pte = pte_t(present=True, write=True, dirty=True)
        frame.dirty = True
        frame.mapped = True
        frame.referenced = True
        frame.unsaved = True


@hw
def interrupt(number: Annotated[int, upto(NR_CPUS - 1)], by: sender) -> None:
    """Send to one CPU (steps 4 and 8)."""
    with atomic():
        record(cpu, number).pending[by] = True


@hw
def is_acknowledged(by: sender) -> Bool:
    """Tell whether no CPU has an interrupt of a sender left."""
    for number in range(NR_CPUS):
        if record(cpu, number).pending[by]:
            return False
    return True


@hw
def take_mapping_away() -> Bool:
    """Clear each entry, and move its dirty bit to the page (steps 1 to 3).

    Returns whether some entry was dirty.
    """
    force_flush = False
    for nr in range(NR_PAGES):
        with atomic():
            mm0 = record(mm, 0)
            mm0.was_dirty = record(page, nr).pte.dirty
            record(page, nr).pte = pte_t()
        with atomic():
            if record(mm, 0).was_dirty:
                record(page, nr).dirty = True
                record(mm, 0).force_flush = True
        with atomic():
            if VARIANT < 2:
                record(page, nr).mapped = False
            record(mm, 0).was_dirty = False
            force_flush = record(mm, 0).force_flush
    return force_flush


@task(cpu=0)
def unmapper() -> None:
    """Unmap all pages and drop the mapping's references (steps 0 to 10)."""
    with atomic():
        wait_until(not record(mm, 0).locked)
        record(mm, 0).locked = True
    force_flush = take_mapping_away()
    if VARIANT > 0 and force_flush:
        for number in range(NR_CPUS):
            interrupt(number, sender.UNMAPPER)
        with atomic():
            wait_until(is_acknowledged(sender.UNMAPPER))
            record(mm, 0).flushed = True
    if VARIANT == 2:
        with atomic():
            for nr in range(NR_PAGES):
                record(page, nr).mapped = False
    with atomic():
        mm0 = record(mm, 0)
        flushed = mm0.flushed
        mm0.locked = False
        mm0.force_flush = False
        mm0.flushed = False
    if not flushed:
        for again in range(NR_CPUS):
            interrupt(again, sender.UNMAPPER)
        with atomic():
            wait_until(is_acknowledged(sender.UNMAPPER))
    for dropped in range(NR_PAGES):
        with atomic():
            record(page, dropped).referenced = False


@hardware_task(on="all", kind="kernel")
def writeback() -> None:
    """Clean and write each page, as often as there are rounds (steps 0 to 9)."""
    for _round in range(NR_ROUNDS):
        for nr in range(NR_PAGES):
            clean_page(nr)


@hw
def clean_page(nr: page_nr) -> None:
    """Clean one page and write it."""
    with atomic():
        wait_until(not record(page, nr).locked)
        record(page, nr).locked = True
    mapped = True
    if MAPCHECK:
        with atomic():
            mapped = record(page, nr).mapped
    found = False
    if mapped:
        with atomic():
            wait_until(not record(mm, 0).locked)
            record(mm, 0).locked = True
        with atomic():
            pte = record(page, nr).pte
            found = pte.present and (pte.write or pte.dirty)
            if found:
                record(page, nr).pte = replace(pte, write=False, dirty=False)
        if found:
            for number in range(NR_CPUS):
                interrupt(number, sender.WRITEBACK)
            with atomic():
                wait_until(is_acknowledged(sender.WRITEBACK))
        with atomic():
            record(mm, 0).locked = False
    with atomic():
        found = found or record(page, nr).dirty
        if found:
            record(page, nr).dirty = False
    if found:
        with atomic():
            record(page, nr).unsaved = False
    with atomic():
        record(page, nr).locked = False


@hardware_task(on="all", kind="kernel")
def user_thread() -> None:
    """Store to any page at any time, until one is neither cached nor mapped."""
    while True:
        with atomic():
            nr = choose(NR_PAGES)
            result = access(nr)
        if result == outcome.END:
            return
        if result == outcome.FAULT:
            fault(nr)


@hw
def access(nr: page_nr) -> outcome:
    """Try a store: walk, set the dirty bit, store, or drop the translation and fault."""
    unit = record(cpu, this_cpu())
    pte = record(page, nr).pte
    match unit.tlb[nr]:
        case tlb_entry.NONE:
            if not pte.present:
                return outcome.END
            if not pte.write:
                unit.tlb[nr] = tlb_entry.READ_ONLY
            elif pte.dirty:
                unit.tlb[nr] = tlb_entry.DIRTY
            else:
                unit.tlb[nr] = tlb_entry.CLEAN
        case tlb_entry.READ_ONLY:
            unit.tlb[nr] = tlb_entry.NONE
            return outcome.FAULT
        case tlb_entry.CLEAN:
            if pte.present and pte.write:
                record(page, nr).pte = replace(pte, dirty=True)
                unit.tlb[nr] = tlb_entry.DIRTY
            else:
                unit.tlb[nr] = tlb_entry.NONE
        case _:
            check(record(page, nr).referenced, "stale_access")
            record(page, nr).unsaved = True
    return outcome.DONE


@hw
def fault(nr: page_nr) -> None:
    """Make the entry writable and dirty, if it is still there (steps 1 to 6)."""
    with atomic():
        wait_until(not record(page, nr).locked)
        record(page, nr).locked = True
    with atomic():
        wait_until(not record(mm, 0).locked)
        record(mm, 0).locked = True
    with atomic():
        made_writable = record(page, nr).pte.present
        if made_writable:
            record(page, nr).pte = replace(record(page, nr).pte, write=True, dirty=True)
    with atomic():
        record(mm, 0).locked = False
    if made_writable:
        with atomic():
            record(page, nr).dirty = True
    with atomic():
        record(page, nr).locked = False


@hardware_task(on="all", kind="irq")
def interrupts() -> None:
    """Flush this CPU's translations for a sender that has interrupted it."""
    while True:
        rest()
        with atomic():
            by = choose(2)
            unit = record(cpu, this_cpu())
            wait_until(unit.pending[by])
            for nr in range(NR_PAGES):
                unit.tlb[nr] = tlb_entry.NONE
            unit.pending[by] = False


@final
def nothing_is_lost() -> None:
    """A page that differs from the disk is dirty; and the unmapper has gathered nothing."""
    assert not record(mm, 0).force_flush
    for nr in range(NR_PAGES):
        check(not record(page, nr).unsaved or record(page, nr).dirty, "lost_write")
