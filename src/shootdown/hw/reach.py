# SPDX-License-Identifier: MIT
"""What a page leads to: by the tables, or by what some CPU remembers of them."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, NR_CPUS, cpu_id, pfn_t, table_nr, vpn_t
from shootdown.hw.cpu import processor
from shootdown.hw.memory import entry_for, keeps_frame, table
from shootdown.hw.tlb import huge_of, mmu, rights_t, tlb_entry
from shootdown.lang import Bool, hw, record

__all__ = ["has_frame_at", "is_reached", "is_remembered", "is_remembered_as_huge"]


@hw
def leads_to(entry: tlb_entry, pfn: pfn_t, store: Bool) -> Bool:
    """Tell whether the frame can be loaded from by a translation, or stored to."""
    if store and entry.rights == rights_t.READ:
        return False
    return entry.rights != rights_t.ABSENT and entry.pfn == pfn


@hw
def is_remembered(cpu: cpu_id, root: table_nr, vpn: vpn_t, pfn: pfn_t, store: Bool) -> Bool:
    """Tell whether a CPU with these tables remembers the frame at that page."""
    if record(processor, cpu).root != record(table, root):
        return False
    return leads_to(record(mmu, cpu).tlb[vpn], pfn, store)


@hw
def is_remembered_as_huge(cpu: cpu_id, root: table_nr, vpn: vpn_t, pfn: pfn_t, store: Bool) -> Bool:
    """Tell whether a CPU with these tables remembers the huge page in the frame at that page."""
    if record(processor, cpu).root != record(table, root):
        return False
    return leads_to(record(mmu, cpu).huge[huge_of(vpn)], pfn, store)


@hw
def has_frame_at(root: table_nr, vpn: vpn_t, pfn: pfn_t, store: Bool) -> Bool:
    """Tell whether the tables have the frame at that page, or with `store` let it be stored to."""
    entry = entry_for(root, vpn)
    if store:
        return entry.present and entry.write and entry.pfn == pfn
    return keeps_frame(entry) and entry.pfn == pfn


@hw
def is_reached(root: table_nr, vpn: vpn_t, pfn: pfn_t, store: Bool) -> Bool:
    """Tell whether the tables, or what a CPU remembers of them, lead to the frame."""
    found = has_frame_at(root, vpn, pfn, store)
    for cpu in range(NR_CPUS):
        found = found or is_remembered(cpu, root, vpn, pfn, store)
        if CONFIG_TRANSPARENT_HUGEPAGE:
            found = found or is_remembered_as_huge(cpu, root, vpn, pfn, store)
    return found
