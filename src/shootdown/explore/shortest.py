# SPDX-License-Identifier: MIT
"""The race to show: of the shortest executions that break an invariant, one with fewest switches.

A switch is a step by another task than the one before. Ties go to the lowest state number, then
to the lowest task, so that the same program always shows the same race.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shootdown.explore.native import AT_END, Note, Outcome, Search, X

__all__ = ["Path", "fewest_switches"]

NEVER = 255


@dataclass(frozen=True, slots=True)
class Path:
    """The tasks that move and the states that they reach, and then the violation itself."""

    tasks: tuple[int, ...]
    states: tuple[tuple[int, ...], ...]
    note: Note


def fewest_switches(search: Search, outcome: Outcome) -> Path:
    """Return the shortest path with the fewest switches to one of the violations found."""
    count = len(search.artifact.tasks)
    last = outcome.levels[-1]
    costs = np.full((last, count), NEVER, np.uint8)
    origins = np.zeros((last, count), np.uint32)
    costs[0] = 0
    search.x[X["COSTS"]] = costs.ctypes.data
    search.x[X["ORIGINS"]] = origins.ctypes.data
    for first, end in zip(outcome.levels[:-2], outcome.levels[1:-1], strict=True):
        search.relax(search.x.ctypes.data, first, end)
    note, task = _choose(outcome.notes, costs)
    tasks, states = _walk_back(note.state, task, costs, origins)
    packed = tuple(search.state(number) for number in states)
    return Path(tuple(tasks), packed, note)


def _choose(notes: list[Note], costs: NDArray[np.uint8]) -> tuple[Note, int]:
    """Return the best violation, and the task that moves last before it."""
    at_state = [note for note in notes if note.task >= AT_END]
    best: tuple[int, int, int, int, int] | None = None
    chosen = (notes[0], 0)
    for note in at_state or notes:
        row = [int(cost) for cost in costs[note.state]]
        if note.task < AT_END:
            row = [cost + (task != note.task) for task, cost in enumerate(row)]
        cost = min(row)
        key = (cost, note.state, note.task, note.choice, note.site)
        if best is None or key < best:
            best, chosen = key, (note, row.index(cost))
    return chosen


def _walk_back(
    state: int, task: int, costs: NDArray[np.uint8], origins: NDArray[np.uint32]
) -> tuple[list[int], list[int]]:
    tasks: list[int] = []
    states: list[int] = []
    while state:
        tasks.append(task)
        states.append(state)
        cost = int(costs[state, task])
        before = int(origins[state, task])
        row = [int(c) for c in costs[before]]
        if row[task] != cost:
            task = row.index(cost - 1)
        state = before
    return tasks[::-1], states[::-1]
