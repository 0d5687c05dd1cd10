# SPDX-License-Identifier: MIT
"""What is asked: of which scenarios and kernels, with which settings, limits and patches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shootdown import explore
from shootdown.compiler.catalogue import Catalogue as Model
from shootdown.compiler.catalogue import KernelChoice
from shootdown.compiler.program import Request, Roots
from shootdown.compiler.scenario import Scenario
from shootdown.compiler.source import Library, Module
from shootdown.execution import Result, Verdict
from shootdown.explore.native import Limits as SearchLimits

__all__ = [
    "ALL_KERNELS",
    "ROOTS",
    "Asked",
    "Cell",
    "Limits",
    "OnProgress",
    "Progress",
    "asked_of",
    "blank_result",
    "cells_of",
    "is_planted",
    "read_model",
    "request_of",
    "search_limits",
]

ALL_KERNELS = "all"
"""In place of a kernel's name: every release."""
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


def read_model() -> Model:
    """Read the model: its kernels, features, functions and scenarios."""
    return Model(
        Library(),
        ROOTS,
        kernels="shootdown.linux.kernels",
        scenarios="shootdown.scenarios",
    )


@dataclass(frozen=True, slots=True)
class Asked:
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
class Cell:
    """A scenario under a kernel; `argument` is its file if the user gave one."""

    scenario: Scenario
    kernel: KernelChoice
    argument: str


def asked_of(
    model: Model,
    without: Sequence[str],
    patches: Sequence[str],
    config: Mapping[str, int | bool] | None,
    bounds: Mapping[str, int] | None,
    limits: Limits | None,
    progress: OnProgress | None,
) -> Asked:
    """Return what is the same for all cells, with the patches read."""
    return Asked(
        without=tuple(without),
        patches=tuple(model.library.user_file(path) for path in patches),
        patch_names=tuple(patches),
        settings={**(bounds or {}), **(config or {})},
        config=dict(config or {}),
        limits=limits or Limits(),
        progress=progress,
    )


def is_planted(name: str) -> bool:
    """Tell whether a scenario's own functions plant a mistake, which it exists to find."""
    return name.startswith("planted-")


def cells_of(
    model: Model, words: Sequence[str], kernels: Sequence[str], asked: Asked
) -> list[Cell]:
    """Return what to check: each scenario under its newest kernel, then under the others.

    Those of a scenario are together, newest kernel first. A planted mistake says nothing of a
    kernel's history: unless it is named, the newest kernel is enough.
    """
    if words:
        chosen = [(model.scenario(word), word) for word in words]
    else:
        chosen = [(model.read(module), "") for module in model.scenario_files()]
    newest: list[Cell] = []
    older: list[Cell] = []
    for scenario, word in chosen:
        names = kernel_names(model, scenario, kernels)
        choices = [model.kernel(name, asked.without) for name in names]
        argument = word if word.endswith(".py") else ""
        cells = [Cell(scenario, choice, argument) for choice in choices]
        newest += cells[:1]
        if words or not is_planted(scenario.name):
            older += cells[1:]
    return newest + older


def kernel_names(model: Model, scenario: Scenario, kernels: Sequence[str]) -> list[str]:
    """Return the kernels to check a scenario under, newest first."""
    if not kernels:
        return model.kernels_of(scenario)
    if ALL_KERNELS not in kernels:
        return list(kernels)
    return model.releases[::-1]


def request_of(model: Model, cell: Cell, asked: Asked) -> Request:
    """Return what to compile for a cell."""
    return Request(
        library=model.library,
        roots=ROOTS,
        scenario=cell.scenario.module,
        features=cell.kernel.features,
        settings=asked.settings,
        patches=asked.patches,
        reduce=asked.limits.reduce,
    )


def search_limits(limits: Limits) -> SearchLimits:
    """Return where an exploration stops; memory always has a limit, if it is known how much is."""
    memory = limits.memory_max_bytes or explore.memory_available()
    return SearchLimits(limits.states_max, memory, limits.time_max_s)


def blank_result(cell: Cell, asked: Asked) -> Result:
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
