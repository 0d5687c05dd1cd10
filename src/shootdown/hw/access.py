# SPDX-License-Identifier: MIT
"""A load or a store: through what the TLB remembers, or else through what the tables say.

A store through a writable, dirty entry touches no page table: that is why a cleaned page must be
flushed. A store through a clean entry sets the dirty bit in the tables first, and finds out there
if the page is no longer its own.
"""

from __future__ import annotations

from enum import IntEnum

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, vpn_t
from shootdown.hw.events import access_faulted, access_made
from shootdown.hw.memory import frame
from shootdown.hw.tlb import (
    drop_huge_translation,
    drop_translation,
    huge_of,
    mmu,
    rights_t,
    translation_of,
)
from shootdown.hw.walker import walk_at_once
from shootdown.lang import Bool, atomic, hw, record, this_cpu

__all__ = ["access_result", "cpu_access"]


class access_result(IntEnum):
    """How a load or store ended."""

    DONE = 0
    FAULT = 1


@hw
def cpu_access(vpn: vpn_t, write: Bool) -> access_result:
    """Load from a page, or store to it, on this CPU.

    A miss walks all levels within the step. Nothing is lost by that: the walker task fills the
    TLB at any time, level by level, so every walk that the kernel could interrupt is explored
    there, and this access then is a hit. Nothing is gained either: the state reached is one that
    the walker and a hit reach. Needing no walker, an access works in a setup, too.

    A store that its entry forbids drops the entry and faults without a look at the tables, as x86
    may; if they have come to allow it, the fault is spurious and the kernel has to cope.
    """
    with atomic():
        rights = translation_of(this_cpu(), vpn).rights
        if is_allowed(rights, write) or (rights != rights_t.READ and walk_at_once(vpn, write)):
            use_translation(vpn, write)
            return access_result.DONE
        if CONFIG_TRANSPARENT_HUGEPAGE:
            if record(mmu, this_cpu()).huge[huge_of(vpn)].rights != rights_t.ABSENT:
                drop_huge_translation(huge_of(vpn))
        if rights != rights_t.ABSENT:
            drop_translation(vpn)
        access_faulted(this_cpu(), vpn, write)
        return access_result.FAULT


@hw
def is_allowed(rights: rights_t, write: Bool) -> Bool:
    """Tell whether an access needs nothing but the TLB."""
    if write:
        return rights == rights_t.WRITE_DIRTY
    return rights != rights_t.ABSENT


@hw
def use_translation(vpn: vpn_t, write: Bool) -> None:
    """Reach memory through the TLB, right or wrong."""
    entry = translation_of(this_cpu(), vpn)
    if write:
        record(frame, entry.pfn).unsaved = True
        record(frame, entry.pfn).copy = 0
    access_made(this_cpu(), vpn, entry.pfn, write, entry.stale)
