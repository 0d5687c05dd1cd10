# SPDX-License-Identifier: MIT
"""Each mutation of a kernel against the scenarios that reach its function, cheapest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache as once
from functools import partial
from typing import Literal

from shootdown.compiler import cache
from shootdown.compiler.analysis import reachable
from shootdown.compiler.artifact import Artifact, artifact_of
from shootdown.compiler.catalogue import Catalogue, KernelChoice
from shootdown.compiler.diagnostics import ModelError
from shootdown.compiler.mir import Code
from shootdown.compiler.program import Request, Roots
from shootdown.compiler.source import Library, Module
from shootdown.compiler.world import FunctionDeclaration
from shootdown.execution import INTERRUPTED, Fate, Mutant, Mutation, Survey
from shootdown.explore.elsewhere import in_order
from shootdown.explore.engine import Answer, Job
from shootdown.explore.native import Limits
from shootdown.mutate.find import Candidate, mutations

__all__ = ["Asked", "survey"]

Tell = Callable[[int, int, Mutation], None]

_MOST_STATES = 1_000_000
"""Where the exploration of a mutant stops if the user sets no limit."""

_SETUP_BREAKS, _SETUP_WAITS = "SD206", "SD207"
"""The messages about a setup that a mutation breaks, which is a way to notice it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is the same for all explorations; it is sent to other processes."""

    roots: Roots
    kernel: KernelChoice
    settings: dict[str, int | bool]
    limits: Limits
    use_cache: bool
    reduce: bool


@dataclass(frozen=True, slots=True)
class _Witness:
    """A scenario that holds without a mutation: what it reaches, and what it compiles to.

    `prepared` are the functions that its setup calls.
    """

    name: str
    module: str
    reached: frozenset[str]
    states: int
    initial: tuple[int, ...]
    code: str
    run: frozenset[str]
    never_run: frozenset[str]
    prepared: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Task:
    candidate: Candidate
    witnesses: tuple[_Witness, ...]

    @property
    def mutation(self) -> Mutation:
        return self.candidate.mutation


def survey(
    model: Catalogue,
    asked: Asked,
    *,
    words: Sequence[str],
    functions: Sequence[str],
    processes: int,
    tell: Tell | None,
) -> Survey:
    """Find what can be taken out of the functions that some scenarios reach.

    `words` are names or files of scenarios; `functions`, if any, are the only ones to mutate.
    Mutations are tried by `processes` at once, in this process if that is one. `tell` hears of
    each that is waited for: its number, of how many, and what it is.
    """
    witnesses: list[_Witness] = []
    left_out: list[tuple[str, str]] = []
    undecided: list[tuple[str, str]] = []
    declarations: dict[str, FunctionDeclaration] = {}
    for word in words:
        scenario = model.scenario(word)
        module = scenario.module.name
        job, answer = _as_it_is(asked, model.library, module)
        if answer.site is not None:
            left_out.append((scenario.name, f"violated: {answer.site.kind}"))
            continue
        if not answer.outcome.complete:
            undecided.append((scenario.name, answer.outcome.reason))
            continue
        reached = _kernel_functions(job, asked.roots)
        prepared = reachable(code for _, code, _, _ in job.built().setup)
        witnesses.append(_witness(scenario.name, module, reached, prepared, answer))
        declarations.update(reached)
    witnesses.sort(key=lambda witness: (witness.states, witness.name))
    homes = {name: found.module.name for name, found in model.functions().items()}
    tasks = [
        _Task(candidate, tuple(w for w in witnesses if name in w.reached))
        for name, declaration in sorted(declarations.items(), key=_place)
        if not functions or name in functions
        for candidate in mutations(declaration, homes)
    ]
    if processes == 1:
        mutants = _run_here(asked, tasks, tell)
    else:
        mutants = _run_elsewhere(asked, tasks, processes, tell)
    return Survey(
        asked.kernel.name,
        tuple(witness.name for witness in witnesses),
        tuple(left_out),
        tuple(undecided),
        len(tasks),
        mutants,
    )


def _as_it_is(asked: Asked, library: Library, module: str) -> tuple[Job, Answer]:
    """Explore a scenario without any mutation."""
    job = Job(_request(asked, library, module), asked.kernel.name, asked.use_cache)
    answer = job.explore(asked.limits, None, replays=False)
    if answer.outcome.reason == INTERRUPTED:
        raise KeyboardInterrupt
    return job, answer


def _witness(
    name: str, module: str, reached: Iterable[str], prepared: Iterable[Code], answer: Answer
) -> _Witness:
    return _Witness(
        name,
        module,
        frozenset(reached),
        answer.outcome.states,
        tuple(answer.artifact.initial),
        _digest(answer.artifact),
        answer.reached,
        frozenset(answer.unreached),
        frozenset(code.name for code in prepared),
    )


def _place(item: tuple[str, FunctionDeclaration]) -> tuple[str, int]:
    return item[1].module.display, item[1].node.lineno


def _request(
    asked: Asked, library: Library, name: str, patches: tuple[Module, ...] = ()
) -> Request:
    """Return the program of a scenario, given by its module's name."""
    path = name.removeprefix("user:")
    module = library.package_module(name) if path == name else library.user_file(path)
    assert module is not None, name
    return Request(
        library=library,
        roots=asked.roots,
        scenario=module,
        features=asked.kernel.features,
        settings=asked.settings,
        patches=patches,
        reduce=asked.reduce,
    )


def _kernel_functions(job: Job, roots: Roots) -> dict[str, FunctionDeclaration]:
    """Return the kernel functions that the tasks of a program reach, by name."""
    package = roots.features.rsplit(".", 1)[0] + "."
    return {
        code.declaration.name: code.declaration
        for code in job.built().codes
        if code.declaration.role == "kernel" and code.declaration.module.name.startswith(package)
    }


def _digest(artifact: Artifact) -> str:
    """Return what is equal for programs that do the same: machine code, tables and first state."""
    return cache.digest([artifact.object_code.hex(), artifact.tables, artifact.initial])


def _run_here(asked: Asked, tasks: Sequence[_Task], tell: Tell | None) -> Iterator[Mutant]:
    for number, task in enumerate(tasks, 1):
        if tell is not None:
            tell(number, len(tasks), task.mutation)
        yield _tried(asked, task)


def _run_elsewhere(
    asked: Asked, tasks: Sequence[_Task], processes: int, tell: Tell | None
) -> Iterator[Mutant]:
    """Try the mutations in other processes, and yield what came of them in their order."""

    def waiting(number: int) -> None:
        if tell is not None:
            tell(number + 1, len(tasks), tasks[number].mutation)

    yield from in_order(partial(_tried, asked), tasks, processes, waiting)


@once
def _library() -> Library:
    """Return this process's library: each file is parsed once."""
    return Library()


def _tried(asked: Asked, task: _Task) -> Mutant:
    """Ask one scenario after the other until one notices the mutation."""
    explored: list[str] = []
    stopped, is_valid = ("", ""), False
    for witness in task.witnesses:
        if is_valid and _is_out_of_reach(task, witness):
            explored.append(witness.name)
            continue
        found, text = _asked_one(asked, task, witness)
        is_valid = is_valid or found != "invalid"
        if found in ("invalid", "same"):
            continue
        explored.append(witness.name)
        if found == "broken":
            return Mutant(task.mutation, Fate.NOTICED, witness.name, text, asked=tuple(explored))
        if found == "open":
            stopped = (witness.name, text)
    fate = Fate.UNNOTICED
    if stopped[0]:
        fate = Fate.INCONCLUSIVE
    elif not explored:
        fate = Fate.IDLE if is_valid else Fate.INVALID
    scenario, reason = stopped
    if fate == Fate.UNNOTICED and all(_is_never_run(task, w) for w in task.witnesses):
        reason = "no scenario runs this line"
    return Mutant(task.mutation, fate, scenario, reason=reason, asked=tuple(explored))


_Found = Literal["broken", "holds", "open", "same", "invalid"]


def _asked_one(asked: Asked, task: _Task, witness: _Witness) -> tuple[_Found, str]:
    """Return what a scenario says of a mutation; answers are kept, and found again."""
    library = _library()
    patch = library.user_text(
        f"{task.mutation.function}, {task.mutation.what}", task.candidate.patch
    )
    job = Job(
        _request(asked, library, witness.module, (patch,)), asked.kernel.name, asked.use_cache, True
    )
    key = cache.digest(["mutant", job.key, witness.code])
    kept = cache.load(key) if asked.use_cache else None
    if isinstance(kept, tuple):
        return kept
    answer = _explored(asked, job, task, witness)
    if asked.use_cache and answer[0] != "open":
        cache.save(key, answer)
    return answer


def _explored(asked: Asked, job: Job, task: _Task, witness: _Witness) -> tuple[_Found, str]:
    try:
        if _is_never_run(task, witness) and _begins_the_same(job, witness):
            return "holds", ""
        if _digest(job.artifact()) == witness.code:
            return "same", ""
        limits = asked.limits
        if limits.states is None:
            limits = replace(limits, states=_MOST_STATES)
        answer = job.explore(limits, None, replays=False)
    except ModelError as error:
        return _refused(error)
    if answer.site is not None:
        return "broken", answer.site.kind
    if answer.outcome.reason == INTERRUPTED:
        raise KeyboardInterrupt
    return ("holds", "") if answer.outcome.complete else ("open", answer.outcome.reason)


def _is_never_run(task: _Task, witness: _Witness) -> bool:
    """Tell whether no execution of the scenario comes to what goes or changes."""
    touched = task.candidate.touched
    return bool(touched) and all(
        lines & witness.never_run and not lines & witness.run for lines in touched
    )


def _is_out_of_reach(task: _Task, witness: _Witness) -> bool:
    """Tell whether neither the setup of the scenario nor its tasks come to what goes or changes."""
    return task.mutation.function not in witness.prepared and _is_never_run(task, witness)


def _begins_the_same(job: Job, witness: _Witness) -> bool:
    """Tell whether the setup, which may run other lines, comes to the same state as ever."""
    return tuple(artifact_of(job.built()).initial) == witness.initial


def _refused(error: ModelError) -> tuple[_Found, str]:
    """Tell a mutation that breaks the setup from one that is no program."""
    for diagnostic in error.diagnostics:
        if diagnostic.code == _SETUP_BREAKS:
            kind = re.search(r" breaks (\w+):", diagnostic.message)
            return "broken", kind[1] if kind else ""
        if diagnostic.code == _SETUP_WAITS:
            return "broken", "deadlock"
    return "invalid", ""
