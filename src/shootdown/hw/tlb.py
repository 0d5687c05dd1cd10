# SPDX-License-Identifier: MIT
"""What a CPU remembers of page tables: its TLB, and the walk it has in flight.

An entry says what was true when it was filled, until it is dropped or flushed. Nothing else
reaches it: not a store to the page table, not the freeing of the frame. That freeing only leaves
a mark, which no hardware sees and by which monitors recognise an access to another's memory.

The TLB has one entry a virtual page and no tags: loading a root forgets everything. It has one
entry more for all pages of what a table of the lowest level spans: the translation of a huge page.
Both may be there for an address; the small one is used then, and may be dropped at any time.
"""

from __future__ import annotations

from enum import IntEnum

from shootdown.hw.bounds import (
    CONFIG_TRANSPARENT_HUGEPAGE,
    LEVELS,
    NR_CPUS,
    NR_LARGE,
    NR_VPN,
    PTRS_PER_TABLE,
    below_root,
    cpu_id,
    huge_nr,
    pfn_t,
    table_nr,
    vaddr_t,
    vpn_t,
)
from shootdown.hw.events import (
    huge_tlb_dropped,
    huge_tlb_filled,
    huge_tlb_flushed,
    tlb_dropped,
    tlb_filled,
    tlb_flushed,
)
from shootdown.hw.memory import entry_t, frame
from shootdown.lang import (
    Array,
    Bool,
    array,
    atomic,
    hw,
    record,
    replace,
    struct,
    this_cpu,
    value,
)

__all__ = [
    "drop_huge_translation",
    "drop_translation",
    "fill_translation",
    "forget_everything",
    "huge_of",
    "hw_flush_tlb_all",
    "hw_invlpg",
    "mark_frame_stale",
    "mark_table_stale",
    "mmu",
    "rights_t",
    "tlb_entry",
    "translation_of",
    "walk_t",
]


class rights_t(IntEnum):
    """What a cached translation allows.

    A read-only entry knows nothing of the dirty bit: no store goes through it.
    """

    ABSENT = 0
    READ = 1
    WRITE_CLEAN = 2
    """Stores are allowed; the first one must set the dirty bit in the page table."""
    WRITE_DIRTY = 3
    """Stores are allowed and leave the page table alone."""


@value
class tlb_entry:
    """A cached translation."""

    rights: rights_t = rights_t.ABSENT
    stale: Bool = False
    """Mark for monitors: the frame was freed after this entry was filled."""
    pfn: pfn_t = 0


@value
class walk_t:
    """A walk between two levels, which stands for the paging-structure caches, too."""

    level: below_root = 0
    """The level of the table to read next; 0: no walk is in flight."""
    stale: Bool = False
    """Mark for monitors: that table was freed after the walk learnt of it."""
    table: table_nr = 0
    vpn: vpn_t = 0


@struct(count=NR_CPUS)
class mmu:
    """The translation caches of a CPU."""

    tlb: Array[tlb_entry] = array(NR_VPN)
    huge: Array[tlb_entry] = array(NR_LARGE)
    walk: walk_t


@hw
def huge_of(vpn: vpn_t) -> huge_nr:
    """Return the number of the huge page that the page is in."""
    return vpn // PTRS_PER_TABLE


@hw
def translation_of(cpu: cpu_id, vpn: vpn_t) -> tlb_entry:
    """Return what a CPU would use for a page: the page's own translation, or a huge page's."""
    entry = record(mmu, cpu).tlb[vpn]
    if CONFIG_TRANSPARENT_HUGEPAGE and entry.rights == rights_t.ABSENT:
        return record(mmu, cpu).huge[huge_of(vpn)]
    return entry


@hw
def fill_translation(vpn: vpn_t, entry: entry_t) -> None:
    """Cache on this CPU what a present entry says that maps data."""
    rights = rights_t.READ
    if entry.write and entry.dirty:
        rights = rights_t.WRITE_DIRTY
    elif entry.write:
        rights = rights_t.WRITE_CLEAN
    stale = not record(frame, entry.pfn).allocated
    cached = tlb_entry(rights=rights, stale=stale, pfn=entry.pfn)
    if CONFIG_TRANSPARENT_HUGEPAGE and entry.huge == 1:
        fill_huge_translation(vpn, entry, cached)
        return
    record(mmu, this_cpu()).tlb[vpn] = cached
    tlb_filled(this_cpu(), vpn, entry.pfn, entry.write, entry.dirty)


@hw
def fill_huge_translation(vpn: vpn_t, entry: entry_t, cached: tlb_entry) -> None:
    """Cache the translation of a huge page, which the page that was looked for uses from now on."""
    unit = record(mmu, this_cpu())
    unit.tlb[vpn] = tlb_entry()
    unit.huge[huge_of(vpn)] = cached
    start: vaddr_t = huge_of(vpn) * PTRS_PER_TABLE
    huge_tlb_filled(this_cpu(), start, start + PTRS_PER_TABLE, entry.pfn, entry.write, entry.dirty)


@hw
def drop_translation(vpn: vpn_t) -> None:
    """Forget a translation on this CPU, as a CPU may at any time."""
    record(mmu, this_cpu()).tlb[vpn] = tlb_entry()
    tlb_dropped(this_cpu(), vpn)


@hw
def drop_huge_translation(number: huge_nr) -> None:
    """Forget the translation of a huge page on this CPU, as a CPU may at any time."""
    record(mmu, this_cpu()).huge[number] = tlb_entry()
    start: vaddr_t = number * PTRS_PER_TABLE
    huge_tlb_dropped(this_cpu(), start, start + PTRS_PER_TABLE)


@hw
def forget_everything(cpu: cpu_id) -> None:
    """Empty the caches of a CPU."""
    unit = record(mmu, cpu)
    for vpn in range(NR_VPN):
        unit.tlb[vpn] = tlb_entry()
    if CONFIG_TRANSPARENT_HUGEPAGE:
        for number in range(NR_LARGE):
            unit.huge[number] = tlb_entry()
    unit.walk = walk_t()


@hw
def hw_invlpg(vpn: vpn_t) -> None:
    """Forget the translation of one page on this CPU, and that of the huge page that it is in.

    As on x86, this also forgets all paging-structure caches, so a walk in flight, of whatever
    page, starts again: it never fills what it read before.
    """
    with atomic():
        unit = record(mmu, this_cpu())
        unit.tlb[vpn] = tlb_entry()
        unit.walk = walk_t()
        tlb_flushed(this_cpu(), vpn, vpn + 1)
        if CONFIG_TRANSPARENT_HUGEPAGE and unit.huge[huge_of(vpn)].rights != rights_t.ABSENT:
            unit.huge[huge_of(vpn)] = tlb_entry()
            start: vaddr_t = huge_of(vpn) * PTRS_PER_TABLE
            huge_tlb_flushed(this_cpu(), start, start + PTRS_PER_TABLE)


@hw
def hw_flush_tlb_all() -> None:
    """Forget all translations on this CPU, as a write to CR3 does."""
    with atomic():
        forget_everything(this_cpu())
        tlb_flushed(this_cpu(), 0, NR_VPN)


@hw
def mark_frame_stale(pfn: pfn_t) -> None:
    """Mark all cached translations to a frame that is being freed."""
    for cpu in range(NR_CPUS):
        unit = record(mmu, cpu)
        for vpn in range(NR_VPN):
            entry = unit.tlb[vpn]
            if entry.rights != rights_t.ABSENT and entry.pfn == pfn:
                unit.tlb[vpn] = replace(entry, stale=True)
        if CONFIG_TRANSPARENT_HUGEPAGE:
            for number in range(NR_LARGE):
                huge = unit.huge[number]
                if huge.rights != rights_t.ABSENT and huge.pfn == pfn:
                    unit.huge[number] = replace(huge, stale=True)


@hw
def mark_table_stale(number: table_nr) -> None:
    """Mark all walks that are about to read a table that is being freed."""
    if LEVELS > 1:
        for cpu in range(NR_CPUS):
            unit = record(mmu, cpu)
            if unit.walk.level > 0 and unit.walk.table == number:
                unit.walk = replace(unit.walk, stale=True)
