# SPDX-License-Identifier: MIT
"""Small programs explored in tests: natively, by the plain explorer, and value by value."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shootdown.compiler.artifact import Artifact, artifact_of
from shootdown.compiler.emit import emit
from shootdown.compiler.encode import encode
from shootdown.compiler.interp import Blocked, Broken, State
from shootdown.compiler.llvm import Native, compile_alone, compile_object
from shootdown.compiler.mir import Site
from shootdown.compiler.program import Program
from shootdown.explore.engine import Job
from shootdown.explore.native import AT_END, Limits, Note, Outcome, Search, loop_text
from shootdown.explore.reference import Found, alternatives, explore, is_quiescent
from tests.programs import WORDS, compile_text, request_of

__all__ = [
    "Walk",
    "compile_native",
    "require_agreement",
    "search",
    "verdict",
    "violations",
    "walk",
]


def compile_native(program: Program) -> tuple[Artifact, Native]:
    """Compile a program and the loop around it, as fast as possible and without a cache."""
    shape = artifact_of(program)
    emitted = emit(program.unit)
    ready = replace(
        shape,
        tables=emitted.tables,
        object_code=compile_alone(emitted.text),
        loop_code=compile_object(loop_text(shape), level=0),
    )
    return ready, Native(ready.object_code, ready.loop_code)


def search(artifact: Artifact, native: Native) -> Outcome:
    """Explore a compiled program natively."""
    return Search(artifact, native, artifact.initial).run(Limits(), clock=time.monotonic)


def require_agreement(program: Program, compiled: tuple[Artifact, Native] | None = None) -> Found:
    """Explore with both explorers; they must count the same and find the same."""
    found = explore(program)
    outcome = search(*(compiled or compile_native(program)))
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


@dataclass(slots=True)
class Walk:
    """All that can happen in a program: states, values at the ends, and sites that break."""

    states: list[State] = field(default_factory=list)
    ends: set[tuple[int, ...]] = field(default_factory=set)
    broken: set[Site] = field(default_factory=set)

    @property
    def kinds(self) -> set[str]:
        """The kinds of the sites that break."""
        return {site.kind for site in self.broken}


def walk(program: Program, lengths: Mapping[str, int]) -> Walk:
    """Visit every state, behind violations of other tasks too.

    `lengths` names the fields whose values are reported, and says how many each has.
    """
    found = Walk()
    start = program.new_state()
    seen = {tuple(encode(program, start))}
    stack = [start]
    while stack:
        state = stack.pop()
        found.states.append(state)
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
                    found.broken.add(failure.site)
                    progress = True
                    continue
                progress = progress or not (resting and spec.is_free)
                key = tuple(encode(program, following))
                if key not in seen:
                    seen.add(key)
                    stack.append(following)
        if is_quiescent(program, state):
            found.ends.add(values_of(state, lengths))
        elif not progress:
            found.broken.add(program.deadlock)
    return found


def values_of(state: State, lengths: Mapping[str, int]) -> tuple[int, ...]:
    """Return the values of fields, one after the other; what the program never uses is 0."""
    values = {str(item): numbers for item, numbers in state.memory.items()}
    return tuple(n for name, length in lengths.items() for n in values.get(name, [0] * length))


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
