# SPDX-License-Identifier: MIT
"""What there is: sources, figures, lists, and saved executions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shootdown.api.asked import Cell, Limits, asked_of, blank_result, read_model, request_of
from shootdown.compiler.catalogue import Catalogue as Model
from shootdown.compiler.catalogue import module_name
from shootdown.compiler.excerpt import excerpt
from shootdown.compiler.source import closest
from shootdown.errors import InputError
from shootdown.execution import Result, Verdict
from shootdown.explore.alone import run_alone
from shootdown.explore.engine import Job, replay
from shootdown.report.figures import (
    RECLAIM_ROWS,
    UNMAPPING_ROWS,
    Figures,
    figures_of,
    figures_table,
)

if TYPE_CHECKING:
    from shootdown.report.json import SavedResult

__all__ = ["Catalogue", "catalogue", "explain", "figures", "show"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is modelled, of one kind, as a table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a feature's figures count: an uncontended run, under these kernels and the newest."""

    scenarios: tuple[str, ...]
    kernels: tuple[str, ...]
    rows: Mapping[str, str]


_SETTING = re.compile(r"(\w+)=(-?\d{1,18}|True|False)", re.ASCII)
UNMAPPING = _Shown(("zap+many",), ("v2.6.39", "v3.0", "v3.15"), UNMAPPING_ROWS)
RECLAIM = _Shown(
    ("reclaim+many", "reclaim+many-kswapd"),
    ("unmap_batch^", "defer_writable_flush^", "v4.3"),
    RECLAIM_ROWS,
)
FEATURES_WITH_FIGURES = {
    "mmu_gather_rework": UNMAPPING,
    "tlb_flush_split": UNMAPPING,
    "unmap_batch": RECLAIM,
    "defer_writable_flush": RECLAIM,
}


def show(name: str, *, kernel: str = "") -> str:
    """Return the source of a modelled function, scenario or feature; no kernel: the newest."""
    model = read_model()
    choice = model.kernel(kernel or model.newest, ())
    function = model.variant(name, choice)
    if function is not None:
        return excerpt(function, spdx="GPL-2.0-only")
    for module in model.scenario_files():
        if module_name(module) == name:
            return module.text
    for feature in model.features:
        if feature.id == name:
            needs = ", ".join(other.id for other in feature.requires) or "nothing"
            return (
                f'{feature.id}: {feature.commit} ("{feature.subject}"), {feature.release}\n\n'
                f"With it:    {feature.brings}\nWithout it: {feature.reverting}\n"
                f"Requires:   {needs}\n{_figures_text(model, feature.id)}"
            )
    words = [
        *model.functions(),
        *(feature.id for feature in model.features),
        *(module_name(module) for module in model.scenario_files()),
    ]
    raise InputError(
        f"no function, scenario or feature is called {name!r}{closest(name, words)}\n"
        "help: see `shootdown list functions`, `list scenarios`, `list features`"
    )


def _figures_text(model: Model, feature: str) -> str:
    """Return the figures that a feature is about, if it is one of those."""
    if feature not in FEATURES_WITH_FIGURES:
        return ""
    shown = FEATURES_WITH_FIGURES[feature]
    text = ""
    for scenario in shown.scenarios:
        columns = figures([*shown.kernels, model.newest], scenario=scenario)
        text += f"\n{scenario}, nobody in between:\n\n{figures_table(columns, shown.rows)}"
    return text


def figures(kernels: Sequence[str], *, scenario: str = "zap+many") -> list[Figures]:
    """Count what a scenario's first task does if nobody disturbs it, for each kernel."""
    model = read_model()
    chosen = model.scenario(scenario)
    asked = asked_of(model, (), (), None, None, Limits(reduce=False), None)
    found = []
    for name in kernels:
        cell = Cell(chosen, model.kernel(name, ()), "")
        job = Job(request_of(model, cell, asked), name)
        execution = run_alone(job)
        found.append(figures_of(execution, execution.steps[0].task))
    return found


def explain(saved: SavedResult) -> Result:
    """Replay a saved schedule through the compiled steps and return the result with all of it.

    Raises:
        InputError: The schedule does not fit the model: it was saved from another one.
    """
    model = read_model()
    config, bounds = _overrides(saved.overrides)
    asked = asked_of(model, saved.without, saved.patches, config, bounds, None, None)
    word = saved.argument or saved.scenario
    cell = Cell(model.scenario(word), model.kernel(saved.kernel, saved.without), saved.argument)
    job = Job(request_of(model, cell, asked), cell.kernel.name)
    execution, site = replay(job, saved.schedule)
    return replace(
        blank_result(cell, asked),
        config=dict(saved.config),
        bounds=dict(saved.bounds),
        verdict=Verdict.VIOLATED if site else Verdict.INCONCLUSIVE,
        reason="" if site else "the schedule breaks nothing in this model",
        invariant=site.kind if site else "",
        site=site.where if site else "",
        message=dict(model.invariants()).get(site.kind, site.message) if site else "",
        declared=saved.declared,
        source=saved.source,
        fixed_by=saved.fixed_by,
        states=saved.states,
        transitions=saved.transitions,
        depth=saved.depth,
        deviations=saved.deviations,
        execution=execution,
    )


def _overrides(words: Sequence[str]) -> tuple[dict[str, int | bool], dict[str, int | bool]]:
    """Return the options and the bounds that `Asked.overrides` has made words of."""
    found: dict[str, dict[str, int | bool]] = {"--config": {}, "--bound": {}}
    for option, word in zip(words[::2], words[1::2], strict=False):
        setting = _SETTING.fullmatch(word)
        if option not in found or setting is None:
            raise InputError(
                f"not a saved execution: `overrides` has {option} {word}\n"
                "help: `shootdown check SCENARIO --kernel K --format json -o FILE` writes one"
            )
        name, value = setting.groups()
        found[option][name] = value == "True" if value in ("True", "False") else int(value)
    return found["--config"], found["--bound"]


def catalogue(kind: str) -> Catalogue:
    """List the `kernels`, `features`, `scenarios`, `invariants`, `functions` or `deviations`."""
    model = read_model()
    match kind:
        case "kernels":
            rows = [
                (name, str(sum(1 for _ in model.kernel(name, ()).features)))
                for name in model.releases[::-1]
            ]
            return Catalogue(("kernel", "features"), tuple(rows))
        case "features":
            found = [(f.id, f.release, f.commit, f.subject) for f in model.features]
            return Catalogue(("feature", "since", "commit", "subject"), tuple(found))
        case "scenarios":
            scenarios = [model.read(module) for module in model.scenario_files()]
            named = [(s.name, s.title.removeprefix(f"{s.name}: ")) for s in scenarios]
            return Catalogue(("scenario", "what it is"), tuple(named))
        case "invariants":
            return Catalogue(("invariant", "what breaks"), tuple(model.invariants()))
        case "functions":
            listed = [(n, d.module.display) for n, d in sorted(model.functions().items())]
            return Catalogue(("function", "file"), tuple(listed))
    return Catalogue(("function", "what the model leaves out"), tuple(model.deviations()))
