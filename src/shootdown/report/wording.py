# SPDX-License-Identifier: MIT
"""The words of the race table: one line an event, and which kernel functions are always named.

A template names the event's arguments in braces; `{dirty?dirty|clean}` chooses by a flag. The
text of an argument is what the execution says: `page 0` for a reference, `NULL`, a number,
`True` or `False`. An event that is not listed here is shown with all its arguments.
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
    """The text of an event; `is_note` puts it in brackets, as what hardware or nobody does."""

    text: str
    weight: Weight = Weight.DECISIVE
    is_note: bool = True


EVENTS: dict[str, Wording] = {}

# Kernel functions that are named even when no event happens inside: what they did not do is
# often the race. Lock calls are here because a reader of races looks for them.
FUNCTIONS: dict[str, Weight] = {
    "clear_page_dirty_for_io": Weight.DECISIVE,
    "do_munmap": Weight.DECISIVE,
    "do_wp_page": Weight.USEFUL,
    "flush_tlb_mm_range": Weight.USEFUL,
    "flush_tlb_page": Weight.USEFUL,
    "folio_mkclean": Weight.DECISIVE,
    "folio_clear_dirty_for_io": Weight.DECISIVE,
    "folio_mark_dirty": Weight.USEFUL,
    "folio_remove_rmap_ptes": Weight.USEFUL,
    "lock_page": Weight.USEFUL,
    "page_mapped": Weight.USEFUL,
    "page_mkclean": Weight.DECISIVE,
    "page_remove_rmap": Weight.USEFUL,
    "pte_unmap_unlock": Weight.USEFUL,
    "set_page_dirty": Weight.USEFUL,
    "spin_lock": Weight.USEFUL,
    "spin_unlock": Weight.USEFUL,
    "tlb_finish_mmu": Weight.USEFUL,
    "tlb_flush_mmu": Weight.DECISIVE,
    "tlb_flush_mmu_free": Weight.USEFUL,
    "tlb_flush_mmu_tlbonly": Weight.DECISIVE,
    "tlb_flush_rmaps": Weight.USEFUL,
    "unlock_page": Weight.USEFUL,
    "zap_pte_range": Weight.DECISIVE,
}

# Arguments that only carry context: a race is about pages and addresses.
CONTEXT_ARGUMENTS = frozenset(
    ["details", "mapping", "mm", "pgd", "p4d", "pmd", "pud", "tlb", "vma", "vmf", "wbc"]
)

HEADLINES: dict[str, str] = {
    "lost_write": "LOST WRITE to {page}",
    "stale_access": "ACCESS THROUGH A STALE TRANSLATION to {page}",
    "table_uaf": "USE OF A FREED PAGE TABLE",
    "sleep_in_atomic": "SLEEP IN ATOMIC CONTEXT",
    "leak": "LEAK of {page}",
    "double_free": "DOUBLE FREE of {page}",
}

_FIELD = re.compile(r"\{(\w+)(?:\?([^|{}]*)\|([^{}]*))?\}")


def event_wording(name: str, arguments: Sequence[tuple[str, str]]) -> Wording:
    """Word an event; one that is unknown, or lacks what its template names, shows everything."""
    known = EVENTS.get(name)
    if known is not None:
        text = _fill(known.text, dict(arguments))
        if text is not None:
            return Wording(text, known.weight, known.is_note)
    shown = ", ".join(f"{argument}={text}" for argument, text in arguments)
    return Wording(f"{name}({shown})", Weight.USEFUL)


def headline(invariant: str, arguments: Sequence[tuple[str, str]]) -> str:
    """Say in capitals what broke, and of which object when that is known."""
    template = HEADLINES.get(invariant, invariant.replace("_", " ").upper())
    known = _fill(template, dict(arguments))
    return known if known is not None else re.sub(r" \w+ \{\w+\}$", "", template)


def _fill(template: str, arguments: Mapping[str, str]) -> str | None:
    """Put the arguments in their places, or return None if one is missing."""
    fields = list(_FIELD.finditer(template))
    if any(field[1] not in arguments for field in fields):
        return None

    def place(field: re.Match[str]) -> str:
        text = arguments[field[1]]
        if field[2] is None:
            return text
        return str(field[3] if text in ("0", "False", "NULL") else field[2])

    return re.sub(r" +", " ", _FIELD.sub(place, template)).rstrip(" ,")
