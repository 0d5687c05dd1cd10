# SPDX-License-Identifier: MIT
"""The plain explorer: breadth-first over the reference interpreter, in Python alone.

It shares no code with the native explorer, and is the oracle of its counts and verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shootdown.compiler.encode import encode, pack
from shootdown.compiler.interp import Blocked, Broken, State
from shootdown.compiler.mir import Site, Yield
from shootdown.compiler.program import Program

__all__ = ["Found", "explore"]


@dataclass(slots=True)
class Found:
    """What was counted, and the violations of the first depth that has any."""

    states: int = 0
    transitions: int = 0
    depth: int = 0
    violations: list[Site] = field(default_factory=list)
    ends: set[tuple[int, ...]] = field(default_factory=set)


def alternatives(program: Program, state: State, task: int) -> tuple[int, bool]:
    """Return how many ways a task may go on in, and whether it is at rest."""
    stack = state.stacks[task]
    if not stack:
        return 0, True
    for code, block in program.layout.points:
        if block is stack[-1].block:
            for candidate in code.blocks:
                end = candidate.end
                if isinstance(end, Yield) and end.target is block:
                    return end.sched.alternatives, end.sched.is_rest
    raise AssertionError("a task stands where no step begins")


def is_quiescent(program: Program, state: State) -> bool:
    """Tell whether every task is at rest and the program's own conditions hold."""
    resting = all(alternatives(program, state, t)[1] for t in range(len(program.tasks)))
    return resting and all(program.machine.evaluate(state, c) for c in program.conditions)


def explore(program: Program, *, most: int = 1_000_000, all_levels: bool = False) -> Found:
    """Explore every interleaving; stops behind the first depth with a violation."""
    found = Found()
    start = program.new_state()
    seen = {pack(program.layout, encode(program, start))}
    level = [start]
    while level and found.states + len(level) <= most:
        following: list[State] = []
        for state in level:
            found.states += 1
            _expand(program, state, found, seen, following)
        if found.violations and not all_levels:
            break
        level = following
        found.depth += bool(level)
    return found


def _expand(
    program: Program,
    state: State,
    found: Found,
    seen: set[tuple[int, ...]],
    following: list[State],
) -> None:
    progress = False
    for task, spec in enumerate(program.tasks):
        ways, resting = alternatives(program, state, task)
        for choice in range(ways):
            copy = state.copy()
            try:
                program.machine.step(copy, task, choice)
            except Blocked:
                continue
            except Broken as broken:
                found.transitions += 1
                found.violations.append(broken.site)
                progress = True
                continue
            found.transitions += 1
            progress = progress or not (resting and spec.is_free)
            key = pack(program.layout, encode(program, copy))
            if key not in seen:
                seen.add(key)
                following.append(copy)
    _judge(program, state, found, progress=progress)


def _judge(program: Program, state: State, found: Found, *, progress: bool) -> None:
    if is_quiescent(program, state):
        found.ends.add(pack(program.layout, encode(program, state)))
        for final in program.finals:
            try:
                program.machine.evaluate(state, final)
            except Broken as broken:
                found.violations.append(broken.site)
    elif not progress:
        found.violations.append(program.deadlock)
