# SPDX-License-Identifier: MIT
"""What an unmapping does under the page-table lock, and with preemption off: counted, not judged.

The counts are those of one execution, in which nobody comes in between.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from shootdown.execution import Action, Execution, Step

__all__ = ["Figures", "figures_of", "figures_table"]

TAKES_PTL = "pte_offset_map_lock"
DROPS_PTL = "pte_unmap_unlock"
FLUSHES = "tlb_flush"
LETS_GO = "free_pages_and_swap_cache"
ROWS = {
    "steps": "steps",
    "ptl_sections": "page-table lock taken",
    "ptl_steps": "steps with it held",
    "preempt_steps": "steps with preemption off",
    "flushes_in": "flushes with it held",
    "flushes_out": "flushes without",
    "pages_in": "pages let go with it held",
    "pages_out": "pages let go without",
    "tables_out": "page tables freed",
    "interrupts": "interrupts sent",
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
    interrupts: int = 0


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
            found.interrupts += 1


def figures_table(columns: list[Figures]) -> str:
    """Return the figures of several kernels side by side."""
    assert {field.name for field in fields(Figures)} == {"kernel", *ROWS}
    lines = ["{:<28}".format("") + "".join(f"{column.kernel:>9}" for column in columns)]
    for name, text in ROWS.items():
        numbers = "".join(f"{getattr(column, name):>9}" for column in columns)
        lines.append(f"{text:<28}{numbers}")
    return "\n".join(lines) + "\n"
