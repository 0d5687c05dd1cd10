# SPDX-License-Identifier: MIT
"""What the world sees of a step: monitors listen to it, and race tables print it.

An event is called in the step that does what it tells. The order of its arguments is who, where,
what: the CPU first.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    block_t,
    cpu_id,
    cpumask_t,
    frame_or_table,
    level_t,
    pfn_t,
    slot_t,
    table_nr,
    vaddr_t,
    vpn_t,
)
from shootdown.lang import Bool, event

__all__ = [
    "access_faulted",
    "access_granted",
    "access_made",
    "accessed_bit_set",
    "block_allocated",
    "block_forgotten",
    "block_freed",
    "block_freed_twice",
    "block_noted",
    "block_read",
    "block_written",
    "broadcasts_awaited",
    "cr3_loaded",
    "device_stored",
    "dirty_bit_set",
    "disk_read",
    "disk_written",
    "disowning_done",
    "fault_begun",
    "fault_done",
    "frame_kept",
    "frame_unmapped",
    "freed_table_accessed",
    "huge_pmd_cleared",
    "huge_pmd_set",
    "huge_tlb_dropped",
    "huge_tlb_filled",
    "huge_tlb_flushed",
    "invalidation_broadcast",
    "ipi_acknowledged",
    "ipi_sent",
    "lock_released",
    "lock_taken",
    "page_allocated",
    "page_cleaned",
    "page_copied",
    "page_dirtied",
    "page_discarded",
    "page_disowned",
    "page_evicted",
    "page_freed",
    "page_freed_twice",
    "page_replaced",
    "permission_begun",
    "permission_done",
    "place_disowned",
    "pte_cleared",
    "pte_set",
    "slept",
    "table_allocated",
    "table_freed",
    "table_freed_twice",
    "table_walked",
    "task_finished",
    "task_slept",
    "tlb_dropped",
    "tlb_filled",
    "tlb_flushed",
    "truncation_begun",
    "truncation_done",
    "withdrawal_begun",
    "withdrawal_done",
    "write_protection_begun",
    "write_protection_done",
]


# Frames


@event
def page_allocated(pfn: pfn_t) -> None:
    """A data frame gets an owner."""


@event
def page_freed(pfn: pfn_t) -> None:
    """A data frame has no owner any more: the next user may be anybody."""


@event
def page_freed_twice(pfn: pfn_t) -> None:
    """A data frame is freed that is free already."""


@event
def page_dirtied(pfn: pfn_t) -> None:
    """The kernel sets PG_dirty: the page will be written."""


@event
def page_cleaned(pfn: pfn_t) -> None:
    """The kernel clears PG_dirty: whoever did it writes the page now."""


@event
def page_disowned(pfn: pfn_t) -> None:
    """A system call says that what a frame holds is not needed any more."""


@event
def place_disowned(root: table_nr, vpn: vpn_t) -> None:
    """It takes an entry away that says where on the disk such a page is."""


@event
def disowning_done(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """It returns: what is stored to the range from now on is needed."""


@event
def page_discarded(pfn: pfn_t) -> None:
    """The kernel drops a page, as its owner does not need what it holds."""


@event
def page_copied(pfn: pfn_t, to: pfn_t) -> None:
    """The kernel copies what a frame holds to another."""


@event
def page_replaced(pfn: pfn_t, to: pfn_t) -> None:
    """The kernel maps the copy in the place of the frame: from now on the copy counts."""


@event
def page_evicted(pfn: pfn_t) -> None:
    """The kernel drops a page that it can read back: from now on the disk's copy counts."""


@event
def table_allocated(table: table_nr, level: level_t) -> None:
    """A frame becomes a page table."""


@event
def table_freed(table: table_nr) -> None:
    """A page table has no owner any more."""


@event
def table_freed_twice(table: table_nr) -> None:
    """A page table is freed that is free already."""


@event
def freed_table_accessed(table: table_nr) -> None:
    """The kernel reads or writes an entry of a page table that was freed."""


# Translation


@event
def pte_set(table: table_nr, slot: slot_t, pfn: frame_or_table, write: Bool, dirty: Bool) -> None:
    """The kernel stores a present page-table entry."""


@event
def pte_cleared(table: table_nr, slot: slot_t, pfn: frame_or_table, dirty: Bool) -> None:
    """The kernel takes a page-table entry away, and finds it `dirty` or not."""


@event
def block_noted(table: table_nr, slot: slot_t, block: block_t) -> None:
    """The kernel notes, in an entry that is not present, which block of the disk has the page."""


@event
def block_forgotten(table: table_nr, slot: slot_t, block: block_t) -> None:
    """The kernel takes such a note away."""


@event
def huge_pmd_set(table: table_nr, slot: slot_t, pfn: pfn_t, write: Bool, dirty: Bool) -> None:
    """The kernel stores an entry that maps a huge page."""


@event
def huge_pmd_cleared(table: table_nr, slot: slot_t, pfn: pfn_t, dirty: Bool) -> None:
    """The kernel takes such an entry away, and finds it `dirty` or not."""


@event
def frame_kept(table: table_nr, slot: slot_t, pfn: frame_or_table) -> None:
    """The kernel stores an entry that keeps its frame and lets nobody access it."""


@event
def access_granted(
    table: table_nr, slot: slot_t, pfn: frame_or_table, load: Bool, store: Bool
) -> None:
    """An entry comes to allow what it did not: that its frame is loaded from, or stored to."""


@event
def frame_unmapped(table: table_nr, slot: slot_t, pfn: frame_or_table) -> None:
    """An entry that had a frame, accessible or not, has it no more."""


@event
def accessed_bit_set(cpu: cpu_id, vpn: vpn_t) -> None:
    """The CPU sets the accessed bit of a page-table entry."""


@event
def dirty_bit_set(cpu: cpu_id, vpn: vpn_t) -> None:
    """The CPU sets the dirty bit of a page-table entry, before its first store through it."""


@event
def table_walked(cpu: cpu_id, vpn: vpn_t, table: table_nr, freed: Bool) -> None:
    """A walk reads an entry of a page table; `freed`: the table belongs to nobody or another."""


@event
def cr3_loaded(cpu: cpu_id) -> None:
    """The CPU loads another root and forgets all translations of the one before."""


@event
def tlb_filled(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, dirty: Bool) -> None:
    """The CPU caches a translation; `write`: stores may use it, if `dirty` at once."""


@event
def tlb_dropped(cpu: cpu_id, vpn: vpn_t) -> None:
    """The CPU forgets a translation, for reasons of its own."""


@event
def huge_tlb_filled(
    cpu: cpu_id, start: vaddr_t, end: vaddr_t, pfn: pfn_t, write: Bool, dirty: Bool
) -> None:
    """The CPU caches the translation of a huge page, from `start` up to `end`."""


@event
def huge_tlb_dropped(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """The CPU forgets the translation of a huge page, for reasons of its own."""


@event
def huge_tlb_flushed(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """The kernel makes the CPU forget the translation of a huge page, by an address in it."""


@event
def tlb_flushed(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """The kernel makes the CPU forget the translations from `start` up to `end`."""


@event
def access_made(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """A load or store reaches memory; `stale`: the frame was freed since it was translated."""


@event
def access_faulted(cpu: cpu_id, vpn: vpn_t, write: Bool) -> None:
    """A load or store raises a page fault."""


@event
def fault_begun() -> None:
    """The task handles a page fault: what it lets be accessed, an access has asked for."""


@event
def fault_done() -> None:
    """It has done so."""


@event
def permission_begun(root: table_nr, start: vaddr_t, end: vaddr_t, load: Bool, store: Bool) -> None:
    """A system call begins that lets a range be loaded from, or stored to, or forbids it."""


@event
def permission_done(root: table_nr, start: vaddr_t, end: vaddr_t, load: Bool, store: Bool) -> None:
    """It returns: what it forbids is forbidden from now on."""


@event
def withdrawal_begun(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """A system call begins that gives back what is in a range of an address space."""


@event
def withdrawal_done(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """It returns: what was there when it began is reached there only if it is mapped anew."""


@event
def write_protection_begun(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """A system call begins that wants to know of stores to a range of an address space."""


@event
def write_protection_done(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """It returns: whoever stores to the range from now on has a page fault first."""


@event
def truncation_begun(pfn: pfn_t) -> None:
    """A system call begins that takes the page in a frame out of its file."""


@event
def truncation_done() -> None:
    """It returns: nobody reaches the pages that it took through a mapping any more."""


# Interrupts


@event
def ipi_sent(cpu: cpu_id, targets: cpumask_t) -> None:
    """The CPU interrupts other CPUs."""


@event
def ipi_acknowledged(cpu: cpu_id, sender: cpu_id) -> None:
    """The CPU has done what the sender's interrupt asked for."""


@event
def invalidation_broadcast(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """The CPU tells all TLBs to forget the translations from `start` up to `end`, and goes on."""


@event
def broadcasts_awaited(cpu: cpu_id) -> None:
    """All TLBs have forgotten what the CPU has told them to."""


# Disk


@event
def disk_written(pfn: pfn_t) -> None:
    """The contents of a frame reach the disk."""


@event
def device_stored(pfn: pfn_t) -> None:
    """A device stores to a frame, through no translation."""


@event
def disk_read(pfn: pfn_t) -> None:
    """A frame gets its contents from the disk."""


@event
def block_allocated(block: block_t) -> None:
    """A block of the disk gets an owner."""


@event
def block_freed(block: block_t) -> None:
    """A block of the disk has no owner any more, and nobody wants its contents."""


@event
def block_freed_twice(block: block_t) -> None:
    """A block of the disk is freed that is free already."""


@event
def block_written(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """The contents of a frame reach a block; `lost`: it belongs to nobody."""


@event
def block_read(pfn: pfn_t, block: block_t, lost: Bool) -> None:
    """A frame gets the contents of a block; `lost`: its owner has put none there."""


# Tasks and locks


@event
def lock_taken() -> None:
    """The task owns one lock more."""


@event
def lock_released(owned: Bool) -> None:
    """The task unlocks; `owned`: it was the owner."""


@event
def slept(atomic: Bool) -> None:
    """The task comes to a place where it may sleep; `atomic`: where it must not."""


@event(hook="task_end")
def task_finished() -> None:
    """A task has returned."""


@event(hook="task_sleep")
def task_slept() -> None:
    """A task blocks in `sleep_until` and leaves its CPU to others."""
