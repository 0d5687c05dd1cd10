# SPDX-License-Identifier: MIT
"""The words of the race table: one line an event, and which kernel functions are named.

A template names the event's arguments in braces: `{vpn}`, `{write?rw|ro}` to choose by a flag,
`{targets:cpus}` for a mask of CPUs. Some arguments come from `facts.py`. Of several wordings the
first applies whose condition holds. An event that is not listed, or lacks an argument that its
template names, is shown with all its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from shootdown.report.facts import short_name

__all__ = [
    "BLOCKS",
    "COVERED",
    "EVENTS",
    "HARDWARE_CALLS",
    "LOCK_WRAPPERS",
    "PLUMBING",
    "RESULTS",
    "STATEMENTS",
    "THIN",
    "TRANSPARENT",
    "VIOLATIONS",
    "Weight",
    "Wording",
    "argument_text",
    "entry_text",
    "event_wording",
    "headline",
    "lock_name",
]


class Weight(IntEnum):
    """How much a line tells a reader of races. The lightest lines go first when space is short.

    After the last decisive event an execution only runs to its end, which is one line a task.
    """

    HIDDEN = 0
    USEFUL = 1
    DECISIVE = 2


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of an event, `when` an argument is set.

    `is_note` puts it in brackets, as what nobody calls: hardware, or state. `is_aside`: it says
    nothing more where its step has something decisive to say.
    """

    text: str
    weight: Weight = Weight.DECISIVE
    when: str = ""
    is_note: bool = True
    is_aside: bool = False


_NOWHERE = (Wording("", Weight.HIDDEN),)
_STALE = "[ stale TLB entry: {stale_because} ]"

EVENTS: dict[str, tuple[Wording, ...]] = {
    # accesses
    "access_made": (
        Wording("{write?store|load} {vpn} " + _STALE, when="stale_because", is_note=False),
        Wording("{write?store|load} {vpn}", is_note=False),
    ),
    "access_faulted": (
        Wording("{write?store|load} {vpn} [ page fault ]", Weight.USEFUL, is_note=False),
    ),
    # translations
    "tlb_filled": (Wording("TLB: {vpn} -> {page}, {write?rw|ro} {dirty?dirty|clean}"),),
    "tlb_dropped": (Wording("TLB {vpn} dropped", Weight.USEFUL),),
    "huge_tlb_filled": (
        Wording("TLB: {first}..{last} -> {page}, {write?rw|ro} {dirty?dirty|clean}"),
    ),
    "huge_tlb_dropped": (Wording("TLB {first}..{last} dropped", Weight.USEFUL),),
    "huge_tlb_flushed": (Wording("TLB {first}..{last} flushed"),),
    "tlb_flushed": (Wording("{flushed} flushed"),),
    "cr3_loaded": (Wording("CR3 loaded, TLB empty"),),
    "table_walked": (
        Wording("MMU walks {vpn}: table {table} is freed", when="freed"),
        Wording("MMU walks {vpn}: reads table {table}", Weight.USEFUL, is_aside=True),
    ),
    "accessed_bit_set": _NOWHERE,
    "dirty_bit_set": (Wording("{entry}: MMU sets dirty", Weight.USEFUL),),
    "pte_set": (
        Wording("{entry}: -> table {pfn}", Weight.USEFUL, when="upper"),
        Wording("{entry}: -> {page}, {now}"),
    ),
    "pte_cleared": (
        Wording("{entry}: table {pfn} -> none", when="upper"),
        Wording("{entry}: {was} -> none"),
    ),
    "huge_pmd_set": (Wording("{entry}: -> huge {page}, {now}"),),
    "huge_pmd_cleared": (Wording("{entry}: huge {was} -> none"),),
    "truncation_begun": _NOWHERE,
    "truncation_done": (Wording("returns: the file is truncated"),),
    "access_granted": _NOWHERE,
    "frame_unmapped": _NOWHERE,
    "fault_begun": _NOWHERE,
    "fault_done": _NOWHERE,
    "permission_begun": _NOWHERE,
    "permission_done": (
        Wording("returns: the range is writable", when="store"),
        Wording("returns: the range is read-only", when="load"),
        Wording("returns: the range is given up"),
    ),
    "withdrawal_begun": _NOWHERE,
    "withdrawal_done": (Wording("returns: the range is given up"),),
    "place_disowned": _NOWHERE,
    "page_disowned": (Wording("what {page} holds is not needed"),),
    "disowning_done": (Wording("returns: stores are kept from now on"),),
    "write_protection_begun": _NOWHERE,
    "write_protection_done": (Wording("returns: the next stores fault"),),
    # interrupts
    "invalidation_broadcast": (Wording("TLBI -> all CPUs"),),
    "broadcasts_awaited": (Wording("own TLBIs are done"),),
    "device_stored": (Wording("device -> {page}"),),
    "ipi_sent": (Wording("IPI -> {targets:cpus}"),),
    "ipi_acknowledged": _NOWHERE,
    # frames, tables and the disk
    "page_allocated": (Wording("{page} allocated", Weight.USEFUL),),
    "page_freed": (Wording("{page} freed"),),
    "page_freed_twice": (Wording("{page} freed again"),),
    "page_dirtied": (Wording("PG_dirty set"),),
    "page_cleaned": (Wording("PG_dirty cleared"),),
    "page_discarded": (Wording("{page} dropped: nobody needs it"),),
    "page_copied": (Wording("{page} -> page {to}"),),
    "page_replaced": (Wording("page {to} takes the place of {page}"),),
    "page_evicted": (Wording("{page} dropped: the disk has it"),),
    "table_allocated": (Wording("table {table} allocated", Weight.USEFUL),),
    "table_freed": (Wording("table {table} freed"),),
    "table_freed_twice": (Wording("table {table} freed again"),),
    "freed_table_accessed": (Wording("table {table} is freed"),),
    "disk_written": (Wording("{page} -> disk"),),
    "disk_read": (Wording("disk -> {page}"),),
    "block_allocated": (Wording("block {block} allocated", Weight.USEFUL),),
    "block_freed": (Wording("block {block} freed"),),
    "block_freed_twice": (Wording("block {block} freed again"),),
    "frame_kept": (Wording("{entry}: -> {page}, no access"),),
    "block_noted": (Wording("{entry}: -> block {block}"),),
    "block_forgotten": (Wording("{entry}: block {block} -> none"),),
    "block_written": (
        Wording("{page} -> block {block}, which is free", when="lost"),
        Wording("{page} -> block {block}"),
    ),
    "block_read": (
        Wording("block {block}, whose contents are gone -> {page}", when="lost"),
        Wording("block {block} -> {page}"),
    ),
    # tasks and locks: the calls that take them are shown
    "lock_taken": _NOWHERE,
    "lock_released": (
        Wording("", Weight.HIDDEN, when="owned"),
        Wording("unlocks what it does not own"),
    ),
    "slept": (
        Wording("may sleep, in atomic context", when="atomic"),
        Wording("", Weight.HIDDEN),
    ),
    "task_finished": _NOWHERE,
    "task_slept": (Wording("sleeps", Weight.USEFUL),),
}

# Functions that are named if something happens inside.
BLOCKS = frozenset(
    [
        "clear_page_dirty_for_io",
        "do_anonymous_page",
        "do_huge_pmd_anonymous_page",
        "do_huge_zero_wp_pmd",
        "do_page_mkwrite",
        "do_read_fault",
        "do_shared_fault",
        "do_swap_page",
        "do_wp_page",
        "flush_tlb_mm_range",
        "flush_tlb_page",
        "folio_clear_dirty_for_io",
        "folio_mkclean",
        "free_pgtables",
        "handle_mm_fault",
        "page_mkclean",
        "pmdp_huge_clear_flush",
        "pmdp_huge_get_and_clear",
        "ptep_clear_flush",
        "ptep_get_and_clear",
        "tlb_finish_mmu",
        "tlb_flush_mmu",
        "tlb_flush_mmu_free",
        "tlb_flush_mmu_tlbonly",
        "shrink_huge_zero_folio_scan",
        "tlb_flush_rmaps",
        "zap_huge_pmd",
        "zap_pte_range",
    ]
)

# Blocks that are not named if all they do is to call one of these.
THIN: dict[str, tuple[str, ...]] = {
    "flush_tlb_page": ("flush_tlb_mm_range",),
    "tlb_finish_mmu": ("tlb_flush_mmu", "tlb_flush_mmu_free", "tlb_flush_mmu_tlbonly"),
    "tlb_flush_mmu": ("tlb_flush_mmu_free", "tlb_flush_mmu_tlbonly"),
}

# Functions that are named whenever they are called, and whose callees are not.
STATEMENTS: dict[str, Weight] = {
    "folio_mark_dirty": Weight.DECISIVE,
    "folio_remove_rmap_pte": Weight.USEFUL,
    "folio_remove_rmap_ptes": Weight.USEFUL,
    "folio_wait_writeback": Weight.USEFUL,
    "page_remove_rmap": Weight.USEFUL,
    "put_huge_zero_folio": Weight.DECISIVE,
    "sd_set_huge_zero_pfn": Weight.DECISIVE,
    "set_page_dirty": Weight.DECISIVE,
    "wait_on_page_locked": Weight.USEFUL,
}

# Functions that take or release the lock of their only callee.
LOCK_WRAPPERS = frozenset(
    [
        "lock_page",
        "mmap_read_lock",
        "mmap_read_unlock",
        "mmap_write_downgrade",
        "mmap_write_lock",
        "mmap_write_unlock",
        "mutex_lock",
        "mutex_unlock",
        "unlock_page",
    ]
)

# Functions that are not named even if something happens inside: what happens says it all.
PLUMBING = frozenset(
    [
        "TestClearPageDirty",
        "TestSetPageDirty",
        "alloc_page",
        "flush_tlb_func",
        "flush_tlb_local",
        "flush_tlb_multi",
        "flush_tlb_one_user",
        "flush_tlb_others",
        "folio_test_clear_dirty",
        "folio_test_set_dirty",
        "free_unref_page",
        "mpage_bio_submit_write",
        "pagetable_alloc",
        "pagetable_free",
        "ptep_get",
        "ptep_set_access_flags",
        "put_swap_folio",
        "set_pmd_at",
        "set_pte_at",
        "swap_free",
        "swap_read_folio",
        "tlb_table_flush",
    ]
)

# Calls of the hardware that a kernel has a name for; they matter where nobody can go on.
HARDWARE_CALLS = {"hw_irqs_off": "local_irq_disable", "hw_irqs_on": "local_irq_enable"}

# Functions whose events are those of their callers.
TRANSPARENT = frozenset(["might_sleep"])

# What functions found out: the result, in words, and inside which function it is of interest.
RESULTS: dict[str, tuple[str, Wording]] = {
    "PageDirty": ("False", Wording("page is clean", Weight.USEFUL)),
    "folio_mapped": ("False", Wording("mapcount is 0", when="mkclean")),
    "folio_mkclean": ("False", Wording("no flush")),
    "folio_test_dirty": ("False", Wording("page is clean", Weight.USEFUL)),
    "is_huge_zero_pmd": ("False", Wording("not the huge zero page", when="zap_huge")),
    "page_mkclean": ("False", Wording("no flush")),
    "page_mapped": ("False", Wording("mapcount is 0", when="mkclean")),
    "ptep_get": ("", Wording("{ptep}: {result}", when="mkclean")),
}

# Events and calls that need no line inside these calls.
COVERED: dict[str, tuple[str, ...]] = {
    "ptep_get_and_clear": ("ptep_clear_flush",),
    "page_dirtied": ("folio_mark_dirty", "set_page_dirty"),
}

# What a violation means where no event of its step says so.
VIOLATIONS = {
    "double_free": "no reference is left",
    "lock_misuse": "it is not the owner",
}

# Arguments that only carry context: a race is about pages and addresses.
_CONTEXT = frozenset(
    [
        "details",
        "freed_tables",
        "info",
        "is_write",
        "mapping",
        "mm",
        "p4d",
        "pgd",
        "pmd",
        "ptent",
        "pud",
        "pvmw",
        "result",
        "stride_shift",
        "tlb",
        "vma",
        "vmf",
        "walk",
        "wbc",
    ]
)

# What kernel developers call a lock, by its field and the function that takes or releases it.
_LOCKS = (
    ("mmap_lock", ("down_read", "down_write", "up_read", "up_write"), "mmap_sem"),
    ("i_mmap_rwsem", ("mutex_lock", "mutex_unlock"), "i_mmap_mutex"),
)

HEADLINES: dict[str, str] = {
    "lost_write": "LOST WRITE to page {pfn}",
    "stale_access": "ACCESS THROUGH A STALE TRANSLATION to page {pfn}",
    "table_uaf": "USE OF A FREED PAGE TABLE",
    "page_uaf": "USE OF FREED PAGE {pfn}",
    "sleep_in_atomic": "SLEEP IN ATOMIC CONTEXT",
    "protection": "FORBIDDEN ACCESS to page {pfn}",
    "coherence": "LOAD OF OLD CONTENTS from page {pfn}",
    "leak": "LEAK of page {pfn}",
    "double_free": "DOUBLE FREE of page {pfn}",
    "lock_misuse": "MISUSE OF A LOCK",
}

_FIELD = re.compile(r"\{(\w+)(?:\?([^|{}]*)\|([^{}]*)|:(cpus))?\}")
_VALUE_FIELD = re.compile(r"(\w+)=([^,()]+)")
_UNSET = ("", "0", "False", "NULL", "None")


def event_wording(name: str, arguments: Sequence[tuple[str, str]]) -> Wording:
    """Word an event; one that is unknown, or lacks what its template names, shows everything."""
    known = dict(arguments)
    for wording in EVENTS.get(name, ()):
        if wording.when and known.get(wording.when, "") in _UNSET:
            continue
        text = _fill(wording.text, known)
        if text is not None:
            return Wording(text, wording.weight, "", wording.is_note, wording.is_aside)
    shown = ", ".join(f"{argument}={text}" for argument, text in arguments)
    return Wording(f"{name}({shown})", Weight.USEFUL)


def headline(invariant: str, arguments: Sequence[tuple[str, str]]) -> str:
    """Say in capitals what broke, and of which object when that is known."""
    template = HEADLINES.get(invariant, invariant.replace("_", " ").upper())
    known = _fill(template, dict(arguments))
    return known if known is not None else re.sub(r" \w+ page \{\w+\}$", "", template)


def argument_text(name: str, text: str) -> str:
    """Return an argument of a call as it is shown, or nothing if it is only context."""
    if name in _CONTEXT:
        return ""
    return text.split()[1] if text.startswith("pte ") else short_name(text)


def lock_name(function: str, text: str, *, whose: str = "") -> str:
    """Name a lock as kernel code does: `mm_struct 0.page_table_lock` is `page_table_lock`."""
    name = text.rpartition(".")[2]
    for lock, functions, older in _LOCKS:
        if name == lock and function in functions:
            name = older
    return f"{name} of {whose}" if whose else name


def entry_text(value: str) -> str:
    """Say what a page-table entry holds: `entry_t(present=True, write=True)` is `rw clean`."""
    flags = dict(_VALUE_FIELD.findall(value))
    rights = "rw" if "write" in flags else "ro"
    if "present" not in flags:
        if "write" not in flags:
            return f"block {flags.get('pfn', '0')}" if "accessed" in flags else "none"
        rights = "no access,"
    return f"{rights} {'dirty' if 'dirty' in flags else 'clean'}"


def _fill(template: str, known: Mapping[str, str]) -> str | None:
    """Put the arguments in their places, or return None if one is missing."""
    if any(field[1] not in known for field in _FIELD.finditer(template)):
        return None

    def place(field: re.Match[str]) -> str:
        text = known[field[1]]
        if field[4]:
            return _cpus(text)
        if field[2] is None:
            return text
        return str(field[2] if text not in _UNSET else field[3])

    return _FIELD.sub(place, template)


def _cpus(mask: str) -> str:
    """Write a mask of CPUs as their list."""
    if not mask.isdecimal():
        return mask
    bits = bin(int(mask))[:1:-1]
    return ", ".join(f"CPU{cpu}" for cpu, bit in enumerate(bits) if bit == "1") or "nobody"
