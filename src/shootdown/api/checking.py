# SPDX-License-Identifier: MIT
"""Checking: verdicts, cell by cell, in this process or in several."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

from shootdown import explore
from shootdown.api.asked import (
    Asked,
    Cell,
    Limits,
    OnProgress,
    Progress,
    asked_of,
    blank_result,
    cells_of,
    read_model,
    request_of,
    search_limits,
)
from shootdown.compiler.catalogue import Catalogue as Model
from shootdown.compiler.source import Module, closest
from shootdown.errors import InputError
from shootdown.execution import INTERRUPTED, Result, Verdict
from shootdown.explore.elsewhere import in_order
from shootdown.explore.engine import Answer, Job
from shootdown.explore.native import Progress as SearchProgress

__all__ = ["check", "check_patch"]

A_MOMENT_S = 1.0
"""How long a check goes on in one process before it asks others for help."""
FEWEST_ELSEWHERE = 4
"""Verdicts that must be left then, or the others would not be worth starting."""
CELLS_OF_A_PART = 7
"""Verdicts of a scenario that one process finds at a time: enough for equal programs to meet."""


def check(
    scenarios: Sequence[str] = (),
    *,
    kernels: Sequence[str] = (),
    without: Sequence[str] = (),
    patches: Sequence[str] = (),
    config: Mapping[str, int | bool] | None = None,
    bounds: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    processes: int = 1,
    progress: OnProgress | None = None,
) -> Iterator[Result]:
    """Check scenarios under kernels, one result a cell, as each is known.

    An interrupt ends it with a result that says so, after all that are known by then.

    Args:
        scenarios: Names, or paths of `.py` files; none: all packaged ones, of which the planted
            mistakes are asked of the newest kernel only.
        kernels: Releases, `FEATURE` or `FEATURE^` for one inside a release, or `ALL_KERNELS`;
            none: all that the scenario declares verdicts for. Each scenario's newest kernel
            comes before all others, and the others of a scenario come newest kernel first.
        without: Features to leave out of each kernel.
        patches: Files of kernel functions that replace the model's own.
        config: Kconfig options, over the scenario's.
        bounds: Sizes, over the scenario's.
        limits: Where to stop.
        processes: How many may work at a time if it takes more than a moment.
        progress: Called now and then, and not more than some times a second.

    Raises:
        InputError: What was asked for does not exist, does not compile or does not fit.
    """
    model = read_model()
    asked = asked_of(model, without, patches, config, bounds, limits, progress)
    cells = cells_of(model, scenarios, kernels, asked)
    known: dict[str, Answer] = {}
    start = time.monotonic()
    for number, cell in enumerate(cells):
        left = len(cells) - number
        if processes > 1 and left >= FEWEST_ELSEWHERE and time.monotonic() - start > A_MOMENT_S:
            yield from _check_elsewhere(cells, number, asked, processes)
            return
        result = _check_or_stop(model, cell, asked, (number + 1, len(cells)), known)
        yield result
        if result.reason == INTERRUPTED:
            return


def check_patch(
    patches: Sequence[str],
    scenarios: Sequence[str] = (),
    *,
    kernels: Sequence[str] = (),
    without: Sequence[str] = (),
    config: Mapping[str, int | bool] | None = None,
    bounds: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
) -> Iterator[tuple[Result, Result]]:
    """Check with and without the patches: pairs of the base result and the patched one.

    No kernels given means the newest one, which the patch is written for. An interrupt ends it with
    a pair that says so.
    """
    model = read_model()
    base = asked_of(model, without, (), config, bounds, limits, progress)
    patched = asked_of(model, without, patches, config, bounds, limits, progress)
    _refuse_strangers(model, patched.patches)
    chosen = kernels or (model.newest,)
    cells = cells_of(model, scenarios, chosen, base)
    known: dict[str, Answer] = {}
    for number, cell in enumerate(cells):
        counts = (2 * number + 1, 2 * len(cells))
        before = _check_cell(model, cell, base, counts, known)
        if before.reason == INTERRUPTED:
            yield before, replace(blank_result(cell, patched), reason=INTERRUPTED)
            return
        after = _check_cell(model, cell, patched, (counts[0] + 1, counts[1]), known)
        yield before, after
        if after.reason == INTERRUPTED:
            return


def _refuse_strangers(model: Model, patches: Sequence[Module]) -> None:
    """Say so if a patch redefines nothing that the kernel has."""
    known = model.functions()
    for patch in patches:
        own = [name for name in patch.names if name in known]
        if not own:
            hint = next((closest(n, known) for n in patch.names if closest(n, known)), "")
            raise InputError(
                f"{patch.display}: no function in it has the name of a kernel function{hint}\n"
                "help: start from `shootdown show zap_pte_range > my_zap.py`"
            )


def _check_elsewhere(
    cells: Sequence[Cell], first: int, asked: Asked, processes: int
) -> Iterator[Result]:
    """Check the cells from `first` on in other processes, which share the memory."""
    limits = asked.limits
    memory = explore.memory_available()
    if limits.memory_max_bytes is None and memory is not None:
        limits = replace(limits, memory_max_bytes=memory // processes)
    parts = _parts(cells[first:])
    before = [first + sum(map(len, parts[:number])) for number in range(len(parts))]

    def tell(number: int) -> None:
        if asked.progress is not None:
            cell = parts[number][0]
            place = (cell.scenario.name, cell.kernel.name, before[number] + 1, len(cells))
            asked.progress(Progress(*place))

    work = partial(_check_part, asked=replace(asked, progress=None, patches=(), limits=limits))
    items = [(_word(part[0]), tuple(cell.kernel.name for cell in part)) for part in parts]
    stopped: Result | None = None
    try:
        for results in in_order(work, items, processes, tell):
            for result in results:
                if result.reason == INTERRUPTED:
                    stopped = stopped or result
                else:
                    yield result
    except KeyboardInterrupt:
        yield stopped or replace(blank_result(cells[-1], asked), reason=INTERRUPTED)


def _parts(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Divide cells into parts of one scenario each, long enough for equal programs to meet."""
    parts: list[list[Cell]] = []
    for cell in cells:
        last = parts[-1] if parts else []
        if last and last[0].scenario is cell.scenario and len(last) < CELLS_OF_A_PART:
            last.append(cell)
        else:
            parts.append([cell])
    return parts


def _word(cell: Cell) -> str:
    return cell.argument or cell.scenario.name


@cache
def _own_model() -> Model:
    """Return the model of a process that checks one part after the other: it reads a file once."""
    return read_model()


def _check_part(item: tuple[str, tuple[str, ...]], asked: Asked) -> list[Result]:
    """Check a scenario under some kernels, in a process of its own; says how far it got."""
    word, kernels = item
    model = _own_model()
    patches = tuple(model.library.user_file(path) for path in asked.patch_names)
    whole = replace(asked, patches=patches)
    cells = cells_of(model, [word], kernels, whole)
    known: dict[str, Answer] = {}
    found: list[Result] = []
    for number, cell in enumerate(cells, 1):
        found.append(_check_or_stop(model, cell, whole, (number, len(cells)), known))
        if found[-1].reason == INTERRUPTED:
            break
    return found


def _check_or_stop(
    model: Model,
    cell: Cell,
    asked: Asked,
    counts: tuple[int, int],
    known: dict[str, Answer],
) -> Result:
    """Check a cell; an interrupt gives a result that says so."""
    try:
        return _check_cell(model, cell, asked, counts, known)
    except KeyboardInterrupt:
        return replace(blank_result(cell, asked), reason=INTERRUPTED)


def _check_cell(
    model: Model,
    cell: Cell,
    asked: Asked,
    counts: tuple[int, int],
    known: dict[str, Answer],
) -> Result:
    expectation = model.declared(cell.scenario, cell.kernel) if asked.is_plain else None
    blank = blank_result(cell, asked)
    if expectation is not None:
        text = expectation.verdict
        if expectation.invariant:
            text += f": {expectation.invariant}"
        blank = replace(blank, declared=text, source=expectation.source)
        if expectation.verdict == "absent":
            return replace(blank, verdict=Verdict.ABSENT)
    start = time.monotonic()
    job = Job(request_of(model, cell, asked), cell.kernel.name, asked.limits.use_cache)
    artifact = job.artifact()
    if artifact.identity not in known:
        report = _reporter(cell, asked, counts)
        known[artifact.identity] = job.explore(search_limits(asked.limits), report)
    answer = known[artifact.identity]
    return _result(model, cell, asked, blank, answer, time.monotonic() - start)


def _reporter(
    cell: Cell, asked: Asked, counts: tuple[int, int]
) -> Callable[[SearchProgress], None] | None:
    tell = asked.progress
    if tell is None:
        return None
    tell(Progress(cell.scenario.name, cell.kernel.name, *counts))

    def report(found: SearchProgress) -> None:
        frontier = found.states - found.expanded
        place = (cell.scenario.name, cell.kernel.name, *counts)
        tell(Progress(*place, states=found.states, depth=found.depth, frontier=frontier))

    return report


def _result(
    model: Model, cell: Cell, asked: Asked, blank: Result, answer: Answer, seconds: float
) -> Result:
    outcome, artifact = answer.outcome, answer.artifact
    counted = replace(
        blank,
        config={n: bool(v) for n, v in artifact.settings.items() if n.startswith("CONFIG_")},
        bounds=_bounds(artifact.settings),
        states=outcome.states,
        transitions=outcome.transitions,
        depth=outcome.depth,
        seconds=seconds,
        deviations=artifact.deviations,
        unreached=answer.unreached,
        reached=answer.reached,
    )
    if answer.site is None:
        verdict = Verdict.HOLDS if outcome.complete else Verdict.INCONCLUSIVE
        return replace(counted, verdict=verdict, reason=outcome.reason)
    execution = answer.execution
    if execution is not None:
        execution = replace(execution, scenario=cell.scenario.name, kernel=cell.kernel.name)
    return replace(
        counted,
        verdict=Verdict.VIOLATED,
        invariant=answer.site.kind,
        site=answer.site.where,
        message=dict(model.invariants()).get(answer.site.kind, answer.site.message),
        fixed_by=model.fixed_by(cell.scenario, cell.kernel) if asked.is_plain else "",
        execution=execution,
    )


def _bounds(settings: Mapping[str, int | bool]) -> dict[str, int]:
    """Return the sizes among the settings; what follows from the tasks is none."""
    names = [name for name in settings if not name.startswith("CONFIG_") and name != "MULTITASK"]
    return {name: int(settings[name]) for name in names}
