# SPDX-License-Identifier: MIT
"""Physical memory: data frames, table frames, and the entries of the tables.

A frame that nobody owns is never read, written or walked: who does so is reported by an event.
A frame is as large as the page in it. A huge page is never split, so its parts have one fate, and
one record is enough for them.

What the kernel thinks of a frame (its `struct page`) is kernel data; here is only what is true.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    CONFIG_SWAP,
    CONFIG_TRANSPARENT_HUGEPAGE,
    LEVELS,
    NR_PAGES,
    NR_TABLES,
    PTRS_PER_TABLE,
    block_or_0,
    block_t,
    frame_or_table,
    huge_t,
    level_t,
    pfn_t,
    slot_t,
    table_nr,
    vpn_t,
)
from shootdown.hw.events import (
    access_granted,
    block_forgotten,
    block_noted,
    frame_kept,
    frame_unmapped,
    freed_table_accessed,
    huge_pmd_cleared,
    huge_pmd_set,
    pte_cleared,
    pte_set,
)
from shootdown.lang import Bool, Ptr, atomic, hw, index, pointer, record, replace, struct, value

__all__ = [
    "entry_at",
    "entry_for",
    "entry_t",
    "frame",
    "hw_clear_write",
    "hw_cmpxchg_entry",
    "hw_read_entry",
    "hw_test_and_clear_accessed",
    "hw_write_entry",
    "hw_xchg_entry",
    "is_for",
    "is_mapped",
    "is_noted",
    "keeps_frame",
    "names_block",
    "table",
    "table_of",
]


@struct(count=NR_PAGES)
class frame:
    """A page of data, small or huge."""

    allocated: Bool
    """Somebody owns it."""

    unsaved: Bool
    """It holds a store that the disk has not, or has no more."""

    copy: block_or_0
    """The block, plus one, that has what it holds; 0: none, or the place of a file."""


@struct(count=NR_TABLES)
class table:
    """A page that holds page-table entries."""

    level: level_t
    """0: free; 1: its entries map data frames; above: they point at tables a level lower."""


@value(count=NR_TABLES * PTRS_PER_TABLE)
class entry_t:
    """A page-table entry, the same at every level.

    Entries that point at a table use `present` and `pfn` only: kernels leave them writable, and
    nobody looks at the accessed bit that a walk leaves there.

    No walk looks at an entry that is not present. Software may note there which block of the disk
    has the page, with `accessed` set and `write` not; or keep a frame that nobody may access for
    now, with `write` set, or with `huge` set, if the page is huge.
    """

    present: Bool = False
    write: Bool = False
    dirty: Bool = False
    accessed: Bool = False
    pfn: frame_or_table = 0
    huge: huge_t = 0
    """Above the lowest level: it maps a page that is as large as what a table there spans."""


@hw
def table_slot(vpn: vpn_t, level: level_t) -> slot_t:
    """Return which entry of a table of `level` translates `vpn`."""
    number = vpn
    for _ in range(level - 1):
        number = number // PTRS_PER_TABLE
    return number % PTRS_PER_TABLE


@hw
def entry_at(number: table_nr, vpn: vpn_t, level: level_t) -> Ptr[entry_t]:
    """Return the entry that translates `vpn` in table `number`, which is of `level`."""
    entry: Ptr[entry_t] = pointer(entry_t, number * PTRS_PER_TABLE + table_slot(vpn, level))
    return entry


@hw
def table_of(entry: Ptr[entry_t]) -> table_nr:
    """Return the number of the table that holds the entry."""
    return index(entry) // PTRS_PER_TABLE


@hw
def names_block(entry: entry_t) -> Bool:
    """Tell whether an entry notes where on the disk a page is."""
    return entry.accessed and not entry.present and not entry.write and entry.huge == 0


@hw
def keeps_frame(entry: entry_t) -> Bool:
    """Tell whether an entry has a frame: it maps it, or keeps it for when accesses are allowed."""
    return entry.present or entry.write or entry.huge == 1


@hw
def check_table(entry: Ptr[entry_t]) -> None:
    """Report that the kernel touches an entry of a table that is free."""
    number = table_of(entry)
    if record(table, number).level == 0:
        freed_table_accessed(number)


@hw
def store_entry(entry: Ptr[entry_t], new: entry_t) -> None:
    """Store an entry and tell what changed."""
    old = entry[0]
    number = table_of(entry)
    slot = index(entry) % PTRS_PER_TABLE
    entry[0] = new
    tell_rights(number, slot, old, new)
    if CONFIG_TRANSPARENT_HUGEPAGE and old.huge + new.huge > 0:
        store_huge_entry(number, slot, old, new)
        return
    if new.present and new != old:
        pte_set(number, slot, new.pfn, new.write, new.dirty)
    if old.present and not new.present:
        pte_cleared(number, slot, old.pfn, old.dirty)
    if not new.present and keeps_frame(new) and new != old:
        frame_kept(number, slot, new.pfn)
    if CONFIG_SWAP and names_block(new) and new != old:
        block_noted(number, slot, new.pfn)
    if CONFIG_SWAP and names_block(old) and new == entry_t():
        block_forgotten(number, slot, old.pfn)


@hw
def store_huge_entry(number: table_nr, slot: slot_t, old: entry_t, new: entry_t) -> None:
    """Tell what changed in an entry that has had a huge page, or has one now."""
    if old.huge == 1 and new.huge == 0:
        huge_pmd_cleared(number, slot, old.pfn, old.dirty)
    elif new.present and new != old:
        huge_pmd_set(number, slot, new.pfn, new.write, new.dirty)
    elif new != old:
        frame_kept(number, slot, new.pfn)


@hw
def tell_rights(number: table_nr, slot: slot_t, old: entry_t, new: entry_t) -> None:
    """Tell what an entry that maps data, or did so, comes to allow, and what it gives up."""
    is_lowest = record(table, number).level == 1
    if is_lowest or new.huge == 1:
        was_there = old.present and old.pfn == new.pfn and old.huge == new.huge
        load = new.present and not was_there
        store = new.present and new.write and not (was_there and old.write)
        if load or store:
            access_granted(number, slot, new.pfn, load, store)
    if is_lowest or old.huge == 1:
        is_there = keeps_frame(new) and old.pfn == new.pfn and old.huge == new.huge
        if keeps_frame(old) and not is_there:
            frame_unmapped(number, slot, old.pfn)


@hw
def hw_read_entry(entry: Ptr[entry_t]) -> entry_t:
    """Load an entry."""
    with atomic():
        check_table(entry)
        return entry[0]


@hw
def hw_write_entry(entry: Ptr[entry_t], new: entry_t) -> None:
    """Store an entry, over what the walker may have set in it since it was read."""
    with atomic():
        check_table(entry)
        store_entry(entry, new)


@hw
def hw_xchg_entry(entry: Ptr[entry_t], new: entry_t) -> entry_t:
    """Store an entry and return what it replaced."""
    with atomic():
        check_table(entry)
        old = entry[0]
        store_entry(entry, new)
        return old


@hw
def hw_cmpxchg_entry(entry: Ptr[entry_t], old: entry_t, new: entry_t) -> Bool:
    """Store an entry if it still is `old`, and tell whether it was."""
    with atomic():
        check_table(entry)
        same = entry[0] == old
        if same:
            store_entry(entry, new)
        return same


@hw
def hw_clear_write(entry: Ptr[entry_t]) -> None:
    """Take the write permission away; all other bits stay as they are."""
    with atomic():
        check_table(entry)
        store_entry(entry, replace(entry[0], write=False))


@hw
def hw_test_and_clear_accessed(entry: Ptr[entry_t]) -> Bool:
    """Clear the accessed bit and tell whether it was set."""
    with atomic():
        check_table(entry)
        was_accessed = entry[0].accessed
        store_entry(entry, replace(entry[0], accessed=False))
        return was_accessed


@hw
def entry_for(root: table_nr, vpn: vpn_t) -> entry_t:
    """Return the entry that translates the page, present or not; an empty one if a table lacks."""
    number: table_nr = root
    for above in range(LEVELS):
        level = LEVELS - above
        entry = entry_at(number, vpn, level)[0]
        if level == 1 or entry.huge == 1 or not entry.present:
            return entry
        number = entry.pfn
    return entry_t()


@hw
def is_for(root: table_nr, vpn: vpn_t, position: Ptr[entry_t]) -> Bool:
    """Tell whether a walk for the page comes to the entry."""
    number: table_nr = root
    for above in range(LEVELS):
        level = LEVELS - above
        here = entry_at(number, vpn, level)
        if here == position:
            return True
        if level == 1 or here[0].huge == 1 or not here[0].present:
            return False
        number = here[0].pfn
    return False


@hw
def is_mapped(pfn: pfn_t, dirty_only: Bool) -> Bool:
    """Tell whether an entry, or with `dirty_only` a dirty one, has the frame."""
    for number in range(NR_TABLES):
        level = record(table, number).level
        if level == 1 or (CONFIG_TRANSPARENT_HUGEPAGE and level == 2):
            for slot in range(PTRS_PER_TABLE):
                position: Ptr[entry_t] = pointer(entry_t, number * PTRS_PER_TABLE + slot)
                entry = position[0]
                is_leaf = level == 1 or entry.huge == 1
                if is_leaf and keeps_frame(entry) and entry.pfn == pfn:
                    if entry.dirty or not dirty_only:
                        return True
    return False


@hw
def is_noted(block: block_t) -> Bool:
    """Tell whether an entry says that a page is in the block."""
    for number in range(NR_TABLES):
        if record(table, number).level == 1:
            for slot in range(PTRS_PER_TABLE):
                position: Ptr[entry_t] = pointer(entry_t, number * PTRS_PER_TABLE + slot)
                if names_block(position[0]) and position[0].pfn == block:
                    return True
    return False
