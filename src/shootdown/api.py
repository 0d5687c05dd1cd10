# SPDX-License-Identifier: MIT
"""The verbs as functions. The command line is a thin shell around this module."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING

from shootdown import explore
from shootdown.compiler.catalogue import Catalogue as Model
from shootdown.compiler.catalogue import KernelChoice, module_name
from shootdown.compiler.excerpt import excerpt
from shootdown.compiler.program import Request, Roots
from shootdown.compiler.scenario import Scenario
from shootdown.compiler.source import Library, Module, closest
from shootdown.errors import InputError
from shootdown.execution import INTERRUPTED, Mutation, Result, Survey, Verdict
from shootdown.explore.alone import run_alone
from shootdown.explore.engine import Answer, Job, replay
from shootdown.explore.native import Limits as SearchLimits
from shootdown.explore.native import Progress as SearchProgress
from shootdown.mutate import reasons, survey
from shootdown.report.figures import Figures, figures_of, figures_table

if TYPE_CHECKING:
    from shootdown.report.json import SavedResult

__all__ = [
    "ALL_KERNELS",
    "Catalogue",
    "Limits",
    "OnProgress",
    "Progress",
    "catalogue",
    "check",
    "check_patch",
    "explain",
    "figures",
    "mutate",
    "show",
]

ALL_KERNELS = "all"
"""In place of a kernel's name: every release."""

FIGURES_SCENARIO = "zap+many"
FEATURES_WITH_FIGURES = ("mmu_gather_rework", "tlb_flush_split")
KERNELS_WITH_FIGURES = ("v2.6.39", "v3.0", "v3.15")

ROOTS = Roots(
    features="shootdown.linux.features",
    history="shootdown.linux.history",
    invariants="shootdown.invariants",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where an exploration stops and says `inconclusive`; None is no limit of the user's.

    `use_cache` keeps compiled programs on disk, `reduce` leaves out interleavings that differ in
    nothing an invariant can see.
    """

    states_max: int | None = None
    memory_max_bytes: int | None = None
    time_max_s: float | None = None
    use_cache: bool = True
    reduce: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a check stands: verdict `cell` of `cells`, and what this one covered so far."""

    scenario: str
    kernel: str
    cell: int
    cells: int
    states: int = 0
    depth: int = 0
    frontier: int = 0


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is modelled, of one kind, as a table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _model() -> Model:
    return Model(
        Library(),
        ROOTS,
        kernels="shootdown.linux.kernels",
        scenarios="shootdown.scenarios",
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The part of a check that is the same for all its cells."""

    without: tuple[str, ...]
    patches: tuple[Module, ...]
    patch_names: tuple[str, ...]
    settings: dict[str, int | bool]
    config: dict[str, int | bool]
    limits: Limits
    progress: OnProgress | None

    @property
    def overrides(self) -> tuple[str, ...]:
        """The words of the command line that set bounds and options."""
        words: list[str] = []
        for name, value in self.settings.items():
            words += ["--config" if name in self.config else "--bound", f"{name}={value}"]
        return tuple(words)

    @property
    def is_plain(self) -> bool:
        """Tell whether the scenarios' declared verdicts apply."""
        return not (self.without or self.patches or self.settings)


@dataclass(frozen=True, slots=True)
class _Cell:
    scenario: Scenario
    kernel: KernelChoice
    argument: str


def check(
    scenarios: Sequence[str] = (),
    *,
    kernels: Sequence[str] = (),
    without: Sequence[str] = (),
    patches: Sequence[str] = (),
    config: Mapping[str, int | bool] | None = None,
    bounds: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
) -> Iterator[Result]:
    """Check scenarios under kernels, one result a cell, as each is known.

    Args:
        scenarios: Names, or paths of `.py` files; none: all packaged ones.
        kernels: Releases, `FEATURE^` for the kernel just before a feature, or `ALL_KERNELS`;
            none: all that the scenario declares verdicts for. Results of a scenario come newest
            kernel first.
        without: Features to leave out of each kernel.
        patches: Files of kernel functions that replace the model's own.
        config: Kconfig options, over the scenario's.
        bounds: Sizes, over the scenario's.
        limits: Where to stop.
        progress: Called now and then, and not more than some times a second.

    Raises:
        InputError: What was asked for does not exist, does not compile or does not fit.
    """
    model = _model()
    asked = _asked(model, without, patches, config, bounds, limits, progress)
    cells = _cells(model, scenarios, kernels, asked)
    known: dict[str, Answer] = {}
    for number, cell in enumerate(cells, 1):
        result = _check_cell(model, cell, asked, (number, len(cells)), known)
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

    No kernels given means the newest one, which the patch is written for.
    """
    model = _model()
    base = _asked(model, without, (), config, bounds, limits, progress)
    patched = _asked(model, without, patches, config, bounds, limits, progress)
    _refuse_strangers(model, patched.patches)
    chosen = kernels or (model.newest,)
    cells = _cells(model, scenarios, chosen, base)
    known: dict[str, Answer] = {}
    for number, cell in enumerate(cells):
        counts = (2 * number + 1, 2 * len(cells))
        before = _check_cell(model, cell, base, counts, known)
        after = _check_cell(model, cell, patched, (counts[0] + 1, counts[1]), known)
        yield before, after
        if INTERRUPTED in (before.reason, after.reason):
            return


def mutate(
    scenarios: Sequence[str] = (),
    *,
    kernel: str = "",
    without: Sequence[str] = (),
    config: Mapping[str, int | bool] | None = None,
    bounds: Mapping[str, int] | None = None,
    functions: Sequence[str] = (),
    limits: Limits | None = None,
    processes: int = 1,
    progress: OnProgress | None = None,
) -> Survey:
    """Take flushes, locks, references and orders out of a kernel, one by one: who notices?

    No scenarios given means all packaged ones but the planted mistakes, no kernel the newest, no
    functions all that the scenarios reach. Mutations are tried as the survey's mutants are
    iterated; an interrupt ends that with `KeyboardInterrupt`.
    """
    model = _model()
    asked = _asked(model, without, (), config, bounds, limits, None)
    packaged = [module_name(module) for module in model.scenario_files()]
    words = scenarios or [name for name in packaged if not is_planted(name)]
    choice = model.kernel(kernel or model.newest, without)

    def tell(number: int, count: int, mutation: Mutation) -> None:
        if progress is not None:
            what = f"{mutation.function}: {mutation.what}"
            progress(Progress(what, choice.name, number, count))

    found = survey.survey(
        model,
        survey.Asked(
            roots=ROOTS,
            kernel=choice,
            settings=asked.settings,
            limits=_search_limits(asked.limits),
            use_cache=asked.limits.use_cache,
            reduce=asked.limits.reduce,
        ),
        words=words,
        functions=functions,
        processes=processes,
        tell=tell,
    )
    if not asked.is_plain or choice.name != model.newest:
        return found
    text = resources.files("shootdown.scenarios").joinpath("unnoticed.toml").read_text("utf-8")
    known = reasons.read_reasons(text)
    return replace(found, mutants=reasons.with_reasons(found.mutants, known))


def is_planted(name: str) -> bool:
    """Tell whether a scenario's own functions plant a mistake, which it exists to find."""
    return name.startswith("planted-")


def _asked(
    model: Model,
    without: Sequence[str],
    patches: Sequence[str],
    config: Mapping[str, int | bool] | None,
    bounds: Mapping[str, int] | None,
    limits: Limits | None,
    progress: OnProgress | None,
) -> _Asked:
    return _Asked(
        without=tuple(without),
        patches=tuple(model.library.user_file(path) for path in patches),
        patch_names=tuple(patches),
        settings={**(bounds or {}), **(config or {})},
        config=dict(config or {}),
        limits=limits or Limits(),
        progress=progress,
    )


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


def _cells(
    model: Model, words: Sequence[str], kernels: Sequence[str], asked: _Asked
) -> list[_Cell]:
    """Return what to check, newest kernel first within each scenario."""
    if words:
        chosen = [(model.scenario(word), word) for word in words]
    else:
        chosen = [(model.read(module), "") for module in model.scenario_files()]
    cells: list[_Cell] = []
    for scenario, word in chosen:
        names = _kernel_names(model, scenario, kernels)
        choices = [model.kernel(name, asked.without) for name in names]
        argument = word if word.endswith(".py") else ""
        cells += [_Cell(scenario, choice, argument) for choice in choices]
    return cells


def _kernel_names(model: Model, scenario: Scenario, kernels: Sequence[str]) -> list[str]:
    if not kernels:
        return model.kernels_of(scenario)
    if ALL_KERNELS not in kernels:
        return list(kernels)
    return model.releases[::-1]


def _request(model: Model, cell: _Cell, asked: _Asked) -> Request:
    return Request(
        library=model.library,
        roots=ROOTS,
        scenario=cell.scenario.module,
        features=cell.kernel.features,
        settings=asked.settings,
        patches=asked.patches,
        reduce=asked.limits.reduce,
    )


def _check_cell(
    model: Model,
    cell: _Cell,
    asked: _Asked,
    counts: tuple[int, int],
    known: dict[str, Answer],
) -> Result:
    expectation = model.declared(cell.scenario, cell.kernel) if asked.is_plain else None
    blank = _blank(cell, asked)
    if expectation is not None:
        text = expectation.verdict
        if expectation.invariant:
            text += f": {expectation.invariant}"
        blank = replace(blank, declared=text, source=expectation.source)
        if expectation.verdict == "absent":
            return replace(blank, verdict=Verdict.ABSENT)
    start = time.monotonic()
    job = Job(_request(model, cell, asked), cell.kernel.name, asked.limits.use_cache)
    artifact = job.artifact()
    if artifact.identity not in known:
        report = _reporter(cell, asked, counts)
        known[artifact.identity] = job.explore(_search_limits(asked.limits), report)
    answer = known[artifact.identity]
    return _result(model, cell, asked, blank, answer, time.monotonic() - start)


def _search_limits(limits: Limits) -> SearchLimits:
    memory = limits.memory_max_bytes or explore.memory_available()
    return SearchLimits(limits.states_max, memory, limits.time_max_s)


def _blank(cell: _Cell, asked: _Asked) -> Result:
    """Return a result in which only the question stands."""
    return Result(
        scenario=cell.scenario.name,
        kernel=cell.kernel.name,
        without=asked.without,
        config={},
        bounds={},
        verdict=Verdict.INCONCLUSIVE,
        argument=cell.argument,
        patches=asked.patch_names,
        overrides=asked.overrides,
    )


def _reporter(
    cell: _Cell, asked: _Asked, counts: tuple[int, int]
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
    model: Model, cell: _Cell, asked: _Asked, blank: Result, answer: Answer, seconds: float
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


def show(name: str, *, kernel: str = "") -> str:
    """Return the source of a modelled function, scenario or feature; no kernel: the newest."""
    model = _model()
    choice = model.kernel(kernel or model.newest, ())
    functions = model.functions()
    order = {feature.id: rank for rank, feature in enumerate(model.features)}
    missing = [
        (order[before.id], variant)
        for variant in model.variants(name)
        if (before := variant.options["before"]) and hasattr(before, "id")
        if before.id not in choice.features
    ]
    if missing:
        return excerpt(min(missing, key=lambda pair: pair[0])[1], spdx="GPL-2.0-only")
    if name in functions:
        return excerpt(functions[name], spdx="GPL-2.0-only")
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
    words = [*functions, *order, *(module_name(module) for module in model.scenario_files())]
    raise InputError(
        f"no function, scenario or feature is called {name!r}{closest(name, words)}\n"
        "help: see `shootdown list functions`, `list scenarios`, `list features`"
    )


def _figures_text(model: Model, feature: str) -> str:
    """Return the figures that a feature is about, if it is one of those."""
    if feature not in FEATURES_WITH_FIGURES:
        return ""
    columns = figures([*KERNELS_WITH_FIGURES, model.newest])
    return f"\n{FIGURES_SCENARIO}, nobody in between:\n\n{figures_table(columns)}"


def figures(kernels: Sequence[str]) -> list[Figures]:
    """Count what an unmapping that nobody disturbs does under locks, for each kernel."""
    model = _model()
    scenario = model.scenario(FIGURES_SCENARIO)
    asked = _asked(model, (), (), None, None, Limits(reduce=False), None)
    found = []
    for name in kernels:
        cell = _Cell(scenario, model.kernel(name, ()), "")
        job = Job(_request(model, cell, asked), name)
        execution = run_alone(job)
        found.append(figures_of(execution, execution.steps[0].task))
    return found


def explain(saved: SavedResult) -> Result:
    """Replay a saved schedule through the compiled steps and return the result with all of it.

    Raises:
        InputError: The schedule does not fit the model: it was saved from another one.
    """
    model = _model()
    names = {name for name in saved.overrides if "=" in name}
    pairs = [word.split("=", 1) for word in sorted(names)]
    settings: dict[str, int | bool] = {
        name: value == "True" if value in ("True", "False") else int(value) for name, value in pairs
    }
    config = {name: value for name, value in settings.items() if name.startswith("CONFIG_")}
    bounds = {name: int(value) for name, value in settings.items() if name not in config}
    asked = _asked(model, saved.without, saved.patches, config, bounds, None, None)
    word = saved.argument or saved.scenario
    cell = _Cell(model.scenario(word), model.kernel(saved.kernel, saved.without), saved.argument)
    job = Job(_request(model, cell, asked), cell.kernel.name)
    execution, site = replay(job, saved.schedule)
    return replace(
        _blank(cell, asked),
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


def catalogue(kind: str) -> Catalogue:
    """List the `kernels`, `features`, `scenarios`, `invariants`, `functions` or `deviations`."""
    model = _model()
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
