# SPDX-License-Identifier: MIT
"""The verbs as functions. The command line is a thin shell around this module."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shootdown.execution import Result

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
    "show",
]

ALL_KERNELS = "all"
"""In place of a kernel's name: every kernel that the scenarios declare verdicts for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where an exploration stops and says `inconclusive`; None is no limit of the user's."""

    states_max: int | None = None
    memory_max_bytes: int | None = None
    time_max_s: float | None = None
    use_cache: bool = True


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
    raise _unfinished(
        "check", scenarios, kernels, without, patches, config, bounds, limits, progress
    )


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
    raise _unfinished(
        "check_patch", patches, scenarios, kernels, without, config, bounds, limits, progress
    )


def show(name: str, *, kernel: str = "") -> str:
    """Return the source of a modelled function, scenario or feature; no kernel: the newest."""
    raise _unfinished("show", name, kernel)


def explain(saved: SavedResult) -> Result:
    """Replay a saved schedule through the compiled steps and return the result with all of it.

    Raises:
        InputError: The schedule does not fit the model: it was saved from another one.
    """
    raise _unfinished("explain", saved)


def catalogue(kind: str) -> Catalogue:
    """List the `kernels`, `features`, `scenarios`, `invariants` or `deviations` of the model."""
    raise _unfinished("catalogue", kind)


def _unfinished(verb: str, *arguments: object) -> NotImplementedError:
    return NotImplementedError(f"api.{verb} is not connected to the engine ({len(arguments)})")
