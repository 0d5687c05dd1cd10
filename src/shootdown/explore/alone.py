# SPDX-License-Identifier: MIT
"""The uncontended run: one task from begin to end, and the interrupts that it waits for."""

from __future__ import annotations

from shootdown.compiler.interp import Blocked, State
from shootdown.compiler.program import Program
from shootdown.execution import Execution
from shootdown.explore.engine import Job
from shootdown.explore.reference import alternatives
from shootdown.explore.replay import record

__all__ = ["STEPS_MAX", "run_alone"]

STEPS_MAX = 10_000


def run_alone(job: Job, task: int = 0) -> Execution:
    """Return the execution in which only `task` moves, and others' interrupts where it waits."""
    program = job.built()
    state = program.new_state()
    schedule: list[tuple[int, int]] = []
    while state.stacks[task]:
        assert len(schedule) < STEPS_MAX, "the task does not come to its end"
        mover = task if _move(program, state, task) else _interrupt(program, state)
        assert mover >= 0, "the task waits for more than interrupts"
        schedule.append((mover, _move_for_good(program, state, mover)))
    execution, broken = record(program, schedule, kernel=job.kernel, before=job.before)
    assert broken is None
    return execution


def _interrupt(program: Program, state: State) -> int:
    """Return an interrupt task that can move, or -1."""
    for number, spec in enumerate(program.tasks):
        if spec.kind == "irq" and _move(program, state, number):
            return number
    return -1


def _move(program: Program, state: State, task: int) -> bool:
    """Tell whether a task can move."""
    return bool(state.stacks[task]) and _choice(program, state, task) is not None


def _move_for_good(program: Program, state: State, task: int) -> int:
    """Move a task; returns the alternative it took, the first that it can."""
    choice = _choice(program, state, task)
    assert choice is not None
    program.machine.step(state, task, choice)
    return choice


def _choice(program: Program, state: State, task: int) -> int | None:
    ways, _ = alternatives(program, state, task)
    for choice in range(ways):
        try:
            program.machine.step(state.copy(), task, choice)
        except Blocked:
            continue
        return choice
    return None
