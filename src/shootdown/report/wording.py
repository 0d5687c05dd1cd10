# SPDX-License-Identifier: MIT
"""The words of the race table: one line an event, and which kernel functions are always named.

A template names the event's arguments in braces: `{pfn}`, `{new.dirty}` for a field of a value,
`{dirty? dirty|}` to choose by a flag, `{targets:cpus}` for a mask of CPUs. Of several wordings
the first applies whose condition holds. An event that is not listed, or lacks an argument that
its template names, is shown with all its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

__all__ = [
    "CONTEXT_ARGUMENTS",
    "EVENTS",
    "FUNCTIONS",
    "HEADLINES",
    "LOCK_NAMES",
    "Weight",
    "Wording",
    "event_wording",
    "headline",
]


class Weight(IntEnum):
    """How much a line tells a reader of races. The lightest lines go first when space is short.

    After the last decisive event an execution only runs to its end, which is one line a task.
    """

    HIDDEN = 0
    DETAIL = 1
    USEFUL = 2
    DECISIVE = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of an event, `when` an argument is set.

    `is_note` puts it in brackets, as what nobody calls: hardware, or state.
    """

    text: str
    weight: Weight = Weight.DECISIVE
    when: str = ""
    is_note: bool = True


_NOWHERE = (Wording("", Weight.HIDDEN),)

EVENTS: dict[str, tuple[Wording, ...]] = {
    # accesses
    "access_made": (
        Wording("store {vpn} [ TLB: page {pfn}{stale?, freed|} ]", when="write", is_note=False),
        Wording("load {vpn} [ TLB: page {pfn}{stale?, freed|} ]", is_note=False),
    ),
    "access_faulted": (
        Wording("store {vpn} [ faults ]", Weight.USEFUL, when="write", is_note=False),
        Wording("load {vpn} [ faults ]", Weight.USEFUL, is_note=False),
    ),
    # translations
    "tlb_filled": (Wording("TLB: {vpn} -> page {pfn}, {write?rw dirty|ro or clean}"),),
    "tlb_dropped": (Wording("TLB: {vpn} dropped", Weight.USEFUL),),
    "tlb_flushed": (Wording("TLB: {start}..{end} flushed"),),
    "cr3_loaded": (Wording("CR3 loaded, TLB empty"),),
    "table_walked": (
        Wording("walk {vpn}: freed table {table}", when="freed"),
        Wording("walk {vpn}: table {table}", Weight.DETAIL),
    ),
    "accessed_bit_set": _NOWHERE,
    "dirty_bit_set": (Wording("PTE of {vpn}: dirty bit set", Weight.USEFUL),),
    "pte_changed": (
        Wording(
            "PTE {slot}: -> page {new.pfn}, {new.write?rw|ro}{new.dirty? dirty|}",
            when="new.present",
        ),
        Wording("PTE {slot}: {old.dirty?dirty|clean} -> none"),
    ),
    # interrupts
    "ipi_sent": (Wording("IPI -> {targets:cpus}"),),
    "ipi_acknowledged": (Wording("ack to CPU{sender}", Weight.DETAIL),),
    # frames, tables and the disk
    "page_allocated": (Wording("page {pfn} allocated", Weight.USEFUL),),
    "page_freed": (Wording("page {pfn} freed"),),
    "page_freed_twice": (Wording("page {pfn} freed again"),),
    "page_evicted": (Wording("page {pfn} dropped: the disk has it"),),
    "table_allocated": (Wording("table {table} allocated", Weight.USEFUL),),
    "table_freed": (Wording("table {table} freed"),),
    "table_freed_twice": (Wording("table {table} freed again"),),
    "freed_table_accessed": (Wording("table {table} is freed"),),
    "disk_written": (Wording("page {pfn} -> disk"),),
    "disk_read": (Wording("disk -> page {pfn}"),),
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
    "task_started": _NOWHERE,
    "task_finished": _NOWHERE,
    "task_slept": (Wording("sleeps", Weight.USEFUL),),
    "task_woke": (Wording("wakes", Weight.USEFUL),),
}

# Kernel functions that are named even when no event happens inside: what they did not do is
# often the race. Lock calls are here because a reader of races looks for them.
_DECISIVE_FUNCTIONS = (
    "clear_page_dirty_for_io",
    "do_munmap",
    "do_vmi_munmap",
    "flush_tlb_mm_range",
    "folio_clear_dirty_for_io",
    "folio_mkclean",
    "handle_mm_fault",
    "page_mkclean",
    "tlb_flush_mmu",
    "tlb_flush_mmu_tlbonly",
    "zap_pte_range",
)
_USEFUL_FUNCTIONS = (
    "do_wp_page",
    "flush_tlb_page",
    "folio_lock",
    "folio_mapped",
    "folio_mark_dirty",
    "folio_remove_rmap_pte",
    "folio_remove_rmap_ptes",
    "folio_unlock",
    "folio_wait_locked",
    "free_pgtables",
    "lock_page",
    "page_mapped",
    "page_remove_rmap",
    "set_page_dirty",
    "spin_lock",
    "spin_unlock",
    "tlb_finish_mmu",
    "tlb_flush_mmu_free",
    "tlb_flush_rmaps",
    "unlock_page",
    "wait_on_page_locked",
)
_DETAIL_FUNCTIONS = (
    "down_read",
    "down_write",
    "i_mmap_lock_read",
    "i_mmap_unlock_read",
    "mmap_read_lock",
    "mmap_read_unlock",
    "mmap_write_downgrade",
    "mmap_write_lock",
    "mmap_write_unlock",
    "mutex_lock",
    "mutex_unlock",
    "unmap_vmas",
    "up_read",
    "up_write",
    "zap_present_ptes",
)
FUNCTIONS: dict[str, Weight] = {
    **dict.fromkeys(_DECISIVE_FUNCTIONS, Weight.DECISIVE),
    **dict.fromkeys(_USEFUL_FUNCTIONS, Weight.USEFUL),
    **dict.fromkeys(_DETAIL_FUNCTIONS, Weight.DETAIL),
}

# Arguments that only carry context: a race is about pages and addresses.
CONTEXT_ARGUMENTS = frozenset(
    ["details", "mapping", "mm", "pgd", "p4d", "pmd", "pud", "tlb", "vma", "vmf", "wbc"]
)

# What kernel code calls the local variable that holds the lock.
LOCK_NAMES = {"page_table_lock": "ptl"}

HEADLINES: dict[str, str] = {
    "lost_write": "LOST WRITE to page {pfn}",
    "stale_access": "ACCESS THROUGH A STALE TRANSLATION to page {pfn}",
    "table_uaf": "USE OF A FREED PAGE TABLE",
    "sleep_in_atomic": "SLEEP IN ATOMIC CONTEXT",
    "leak": "LEAK of page {pfn}",
    "double_free": "DOUBLE FREE of page {pfn}",
}

_FIELD = re.compile(r"\{([\w.]+)(?:\?([^|{}]*)\|([^{}]*)|:(cpus))?\}")
_VALUE_FIELD = re.compile(r"(\w+)=([^,()]+)")
_UNSET = ("", "0", "False", "NULL", "None")


def event_wording(name: str, arguments: Sequence[tuple[str, str]]) -> Wording:
    """Word an event; one that is unknown, or lacks what its template names, shows everything."""
    known = _flat(arguments)
    for wording in EVENTS.get(name, ()):
        if wording.when and not _is_set(known, wording.when):
            continue
        text = _fill(wording.text, known)
        if text is not None:
            return Wording(text, wording.weight, "", wording.is_note)
    shown = ", ".join(f"{argument}={text}" for argument, text in arguments)
    return Wording(f"{name}({shown})", Weight.USEFUL)


def headline(invariant: str, arguments: Sequence[tuple[str, str]]) -> str:
    """Say in capitals what broke, and of which object when that is known."""
    template = HEADLINES.get(invariant, invariant.replace("_", " ").upper())
    known = _fill(template, _flat(arguments))
    return known if known is not None else re.sub(r" \w+ page \{\w+\}$", "", template)


def _flat(arguments: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Add the fields of values (`entry_t(present=True, pfn=2)`) as `new.present`, `new.pfn`."""
    flat = dict(arguments)
    for name, text in arguments:
        if "(" in text:
            flat |= {f"{name}.{field[1]}": field[2] for field in _VALUE_FIELD.finditer(text)}
    return flat


def _look_up(known: Mapping[str, str], name: str) -> str | None:
    """Return an argument's text; a value shows only the fields that are not zero."""
    if name in known:
        return known[name]
    return "0" if "." in name and name.partition(".")[0] in known else None


def _is_set(known: Mapping[str, str], name: str) -> bool:
    return (_look_up(known, name) or "") not in _UNSET


def _fill(template: str, known: Mapping[str, str]) -> str | None:
    """Put the arguments in their places, or return None if one is missing."""
    if any(_look_up(known, field[1]) is None for field in _FIELD.finditer(template)):
        return None

    def place(field: re.Match[str]) -> str:
        text = _look_up(known, field[1]) or ""
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
