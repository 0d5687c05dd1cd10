# SPDX-License-Identifier: MIT
"""The page walker: translations come whenever it likes, and go whenever it likes.

A walk reads one table a step, so the kernel may unlink and free the next table in between; what
stops it is a flush on its CPU, which makes a walk in flight start again.

A CPU has one walk in flight, and begins it only for a page it has no translation of. A walk may
rest between two levels for as long as it wants, which is what a paging-structure cache does.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    CONFIG_TRANSPARENT_HUGEPAGE,
    LEVELS,
    NR_LARGE,
    NR_VPN,
    level_t,
    table_nr,
    vpn_t,
)
from shootdown.hw.cpu import processor
from shootdown.hw.events import accessed_bit_set, dirty_bit_set, table_walked
from shootdown.hw.memory import entry_at, entry_t, table
from shootdown.hw.tlb import (
    drop_huge_translation,
    drop_translation,
    fill_translation,
    mmu,
    rights_t,
    walk_t,
)
from shootdown.lang import (
    NULL,
    Bool,
    Ptr,
    atomic,
    choose,
    hardware_task,
    hw,
    index,
    record,
    replace,
    rest,
    this_cpu,
    wait_until,
)

__all__ = ["tlb_walker", "walk_at_once"]

NR_TRANSLATIONS = NR_VPN + NR_LARGE if CONFIG_TRANSPARENT_HUGEPAGE else NR_VPN


@hardware_task(on="user", kind="mmu")
def tlb_walker() -> None:
    """Drop a translation, begin a walk, or take the walk in flight one level further."""
    while True:
        rest()
        with atomic():
            vpn = choose(NR_TRANSLATIONS)
            unit = record(mmu, this_cpu())
            if CONFIG_TRANSPARENT_HUGEPAGE and vpn >= NR_VPN:
                wait_until(unit.huge[vpn - NR_VPN].rights != rights_t.ABSENT)
                drop_huge_translation(vpn - NR_VPN)
            elif unit.tlb[vpn].rights != rights_t.ABSENT:
                drop_translation(vpn)
            elif LEVELS > 1 and unit.walk.level > 0:
                wait_until(unit.walk.vpn == vpn)
                continue_walk()
            else:
                begin_walk(vpn)


@hw
def begin_walk(vpn: vpn_t) -> None:
    """Read the root; a walk that would end there in nothing is not worth a step."""
    root = record(processor, this_cpu()).root
    wait_until(root is not NULL)
    entry = entry_at(index(root), vpn, LEVELS)[0]
    freed = root.level == 0
    wait_until(entry.present or freed)
    table_walked(this_cpu(), vpn, index(root), freed)
    if entry.present:
        go_down(index(root), vpn, LEVELS)


@hw
def continue_walk() -> None:
    """Read the next table of the walk in flight."""
    unit = record(mmu, this_cpu())
    walk = unit.walk
    unit.walk = walk_t()
    table_walked(this_cpu(), walk.vpn, walk.table, is_freed(walk))
    if entry_at(walk.table, walk.vpn, walk.level)[0].present:
        go_down(walk.table, walk.vpn, walk.level)


@hw
def is_freed(walk: walk_t) -> Bool:
    """Tell whether the table that the walk is about to read has lost its owner."""
    return walk.stale or record(table, walk.table).level == 0


@hw
def go_down(number: table_nr, vpn: vpn_t, level: level_t) -> None:
    """Follow a present entry: to the next table, or to the data and then into the TLB."""
    position = entry_at(number, vpn, level)
    if LEVELS > 1 and level > 1 and not (CONFIG_TRANSPARENT_HUGEPAGE and position[0].huge == 1):
        below = walk_t(level=level - 1, table=position[0].pfn, vpn=vpn)
        record(mmu, this_cpu()).walk = below
    else:
        set_bits(position, vpn, False)
        fill_translation(vpn, position[0])


@hw
def set_bits(position: Ptr[entry_t], vpn: vpn_t, dirty: Bool) -> None:
    """Set the accessed bit and, for a store, the dirty bit, in the read's own step."""
    entry = position[0]
    if not entry.accessed:
        accessed_bit_set(this_cpu(), vpn)
    if dirty and not entry.dirty:
        dirty_bit_set(this_cpu(), vpn)
    position[0] = replace(entry, accessed=True, dirty=entry.dirty or dirty)


@hw
def walk_at_once(vpn: vpn_t, write: Bool) -> Bool:
    """Walk all levels for an access, and fill the TLB if the tables allow it."""
    root = record(processor, this_cpu()).root
    if root is NULL:
        return False
    number: table_nr = index(root)
    for above in range(LEVELS):
        level = LEVELS - above
        position = entry_at(number, vpn, level)
        entry = position[0]
        if record(table, number).level == 0:
            table_walked(this_cpu(), vpn, number, True)
        if not entry.present:
            return False
        if level > 1 and not (CONFIG_TRANSPARENT_HUGEPAGE and entry.huge == 1):
            number = entry.pfn
        elif write and not entry.write:
            return False
        else:
            set_bits(position, vpn, write)
            fill_translation(vpn, position[0])
            return True
    return False
