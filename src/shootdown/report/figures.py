# SPDX-License-Identifier: MIT
"""What an unmapping does under locks, and what reclaim costs the other CPUs: counted, not judged.

The counts are those of one execution, in which nobody comes in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from shootdown.execution import Action, Execution, Step

__all__ = ["RECLAIM_ROWS", "UNMAPPING_ROWS", "Figures", "figures_of", "figures_table"]

TAKES_PTL = "pte_offset_map_lock"
DROPS_PTL = "pte_unmap_unlock"
FLUSHES = "tlb_flush"
LETS_GO = "free_pages_and_swap_cache"
UNMAPPING_ROWS = {
    "steps": "steps",
    "ptl_sections": "page-table lock taken",
    "ptl_steps": "steps with it held",
    "preempt_steps": "steps with preemption off",
    "flushes_in": "flushes with it held",
    "flushes_out": "flushes without",
    "pages_in": "pages let go with it held",
    "pages_out": "pages let go without",
    "tables_out": "page tables freed",
    "sends": "interrupts sent",
}
RECLAIM_ROWS = {
    "unmapped": "entries taken out",
    "written": "pages written",
    "freed": "pages freed",
    "interrupts": "CPUs interrupted",
}


@dataclass(slots=True)
class Figures:
    """Counts of one execution; `in` is with the page-table lock held, `out` without."""

    kernel: str
    steps: int = 0
    ptl_sections: int = 0
    ptl_steps: int = 0
    preempt_steps: int = 0
    flushes_in: int = 0
    flushes_out: int = 0
    pages_in: int = 0
    pages_out: int = 0
    tables_out: int = 0
    sends: int = 0
    unmapped: int = 0
    written: int = 0
    freed: int = 0
    interrupts: int = 0
    """One for each CPU that a send is for."""


@dataclass(slots=True)
class _Place:
    """Where the task stands: its calls, and what it holds."""

    calls: list[str]
    locked: bool = False
    preempt_count: int = 0


def figures_of(execution: Execution, task: str) -> Figures:
    """Count what a task does in an execution."""
    found = Figures(execution.kernel)
    place = _Place([])
    for step in execution.steps:
        if step.task == task:
            _count_step(found, place, step)
    return found


def _count_step(found: Figures, place: _Place, step: Step) -> None:
    place.calls = [frame.function for frame in step.stack]
    found.steps += 1
    found.ptl_steps += place.locked
    found.preempt_steps += place.preempt_count > 0
    for action in step.actions:
        match action.kind:
            case "call":
                place.calls.append(action.function)
                _count_call(found, place, action.function)
            case "return":
                if place.calls:  # the last to return is who called the task's function
                    place.calls.pop()
                place.preempt_count += action.function == "preempt_disable"
                place.preempt_count -= action.function == "preempt_enable"
            case "event":
                _count_event(found, place, action)


def _count_call(found: Figures, place: _Place, function: str) -> None:
    if function == FLUSHES:
        found.flushes_in += place.locked
        found.flushes_out += not place.locked
    if function == LETS_GO:
        found.pages_in += place.locked
        found.pages_out += not place.locked


def _count_event(found: Figures, place: _Place, event: Action) -> None:
    match event.text:
        case "lock_taken" if TAKES_PTL in place.calls:
            place.locked = True
            found.ptl_sections += 1
        case "lock_released" if DROPS_PTL in place.calls:
            place.locked = False
        case "table_freed":
            found.tables_out += 1
        case "ipi_sent":
            found.sends += 1
            found.interrupts += int(dict(event.arguments)["targets"]).bit_count()
        case "pte_cleared":
            found.unmapped += 1
        case "disk_written":
            found.written += 1
        case "page_freed":
            found.freed += 1


def figures_table(columns: list[Figures], rows: Mapping[str, str] = UNMAPPING_ROWS) -> str:
    """Return the figures of several kernels side by side."""
    names = {field.name for field in fields(Figures)}
    assert names == {"kernel", *UNMAPPING_ROWS, *RECLAIM_ROWS}
    widths = [max(9, len(column.kernel) + 2) for column in columns]
    pairs = list(zip(columns, widths, strict=True))
    left = max(map(len, rows.values())) + 3
    lines = [" " * left + "".join(f"{one.kernel:>{width}}" for one, width in pairs)]
    for name, text in rows.items():
        numbers = "".join(f"{getattr(one, name):>{width}}" for one, width in pairs)
        lines.append(f"{text:<{left}}{numbers}")
    return "\n".join(lines) + "\n"
