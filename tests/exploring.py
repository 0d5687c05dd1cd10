# SPDX-License-Identifier: MIT
"""Small programs explored in tests: natively, by the plain explorer, and value by value."""

from __future__ import annotations

import time
from dataclasses import replace

from shootdown.compiler.artifact import Artifact, artifact_of
from shootdown.compiler.emit import emit
from shootdown.compiler.encode import encode
from shootdown.compiler.interp import Blocked, Broken
from shootdown.compiler.llvm import Native, compile_object
from shootdown.compiler.mir import Site
from shootdown.compiler.program import Program
from shootdown.explore.engine import Job
from shootdown.explore.native import AT_END, Limits, Note, Outcome, Search, loop_text
from shootdown.explore.reference import Found, alternatives, explore, is_quiescent
from tests.programs import WORDS, compile_text, request_of

__all__ = ["compile_native", "require_agreement", "search", "verdict", "violations", "walk"]


def compile_native(program: Program) -> tuple[Artifact, Native]:
    """Compile a program and the loop around it, as fast as possible and without a cache."""
    shape = artifact_of(program)
    ready = replace(
        shape,
        object_code=compile_object(emit(program.unit), level=0),
        loop_code=compile_object(loop_text(shape), level=0),
    )
    return ready, Native(ready.object_code, ready.loop_code)


def search(program: Program) -> Outcome:
    """Explore a program natively."""
    artifact, native = compile_native(program)
    return Search(artifact, native, artifact.initial).run(Limits(), clock=time.monotonic)


def require_agreement(program: Program) -> Found:
    """Explore with both explorers; they must count the same and find the same."""
    found = explore(program)
    outcome = search(program)
    assert outcome.transitions == found.transitions
    assert outcome.depth == found.depth
    if not found.violations:
        assert outcome.states == found.states
        assert outcome.ends == len(found.ends)
    numbers = sorted(program.sites.get(site, 0) for site in found.violations)
    assert sorted(note.site for note in outcome.notes) == numbers
    assert all(is_possible(program, note) for note in outcome.notes)
    return found


def is_possible(program: Program, note: Note) -> bool:
    """Tell whether a note is about a task, or about a state itself."""
    return note.task >= AT_END or note.task < len(program.tasks)


def violations(text: str) -> list[str]:
    """Return what breaks first in a program, both explorers agreeing: kind, line and message."""
    found = require_agreement(compile_text(text + WORDS))
    return sorted({worded(site) for site in found.violations})


def worded(site: Site) -> str:
    """Return a site as one line."""
    return f"{site.kind} at {site.span.where} in {site.function}(): {site.message}"


def walk(program: Program, *names: str) -> tuple[set[tuple[int, ...]], set[Site]]:
    """Return all values that the named fields have at the ends, and every site that breaks."""
    ends: set[tuple[int, ...]] = set()
    broken: set[Site] = set()
    start = program.new_state()
    fields = [field for name in names for field in start.memory if str(field) == name]
    assert len(fields) == len(names), "every field is used in the program"
    seen = {tuple(encode(program, start))}
    stack = [start]
    while stack:
        state = stack.pop()
        progress = False
        for task, spec in enumerate(program.tasks):
            ways, resting = alternatives(program, state, task)
            for choice in range(ways):
                following = state.copy()
                try:
                    program.machine.step(following, task, choice)
                except Blocked:
                    continue
                except Broken as failure:
                    broken.add(failure.site)
                    progress = True
                    continue
                progress = progress or not (resting and spec.is_free)
                key = tuple(encode(program, following))
                if key not in seen:
                    seen.add(key)
                    stack.append(following)
        if is_quiescent(program, state):
            ends.add(tuple(value for field in fields for value in state.memory[field]))
        elif not progress:
            broken.add(program.deadlock)
    return ends, broken


def verdict(text: str) -> str:
    """Return the race that the explorer shows for a program: what breaks, and each step."""
    answer = Job(request_of(text + WORDS), "", use_cache=False).explore(Limits(), None)
    if answer.site is None:
        return "holds" if answer.outcome.complete else answer.outcome.reason
    assert answer.execution is not None
    steps = [f"  {step.task}:{step.line}: {step.text}" for step in answer.execution.steps]
    site = answer.site
    first = f"{site.kind} at {site.where} in {site.function}(): {site.message}"
    return "\n".join([first, *steps])
