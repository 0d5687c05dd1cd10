# SPDX-License-Identifier: MIT
"""What is declared rather than computed: features, bounds, options, invariants, verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "Config",
    "Expectation",
    "Feature",
    "Invariant",
    "Kernel",
    "absent",
    "at",
    "bound",
    "feature",
    "has",
    "holds",
    "invariant",
    "option",
    "release",
    "since",
    "violated",
]

Config = dict[str, int | bool]
"""Bounds and Kconfig options of a scenario, by name."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One modelled commit. A kernel is a prefix of the ordered list of features."""

    id: str
    commit: str
    subject: str
    release: str
    requires: tuple[Any, ...] = ()
    brings: str = ""
    reverting: str = ""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A released kernel that the scenarios declare verdicts for."""

    name: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """A property, named after what breaks."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """A declared verdict: what a scenario is known to do from one kernel on, or under it alone."""

    kernel: str
    verdict: str
    invariant: str
    source: str
    is_point: bool = False
    """The kernel lies inside a release, and the verdict is of that one alone."""


def feature(
    id: str,
    *,
    commit: str,
    subject: str,
    release: str,
    requires: tuple[Feature, ...] = (),
    brings: str = "",
    reverting: str = "",
) -> Feature:
    """Declare a modelled commit: 12 digits, subject, first release that has it."""
    return Feature(id, commit, subject, release, requires, brings, reverting)


def release(name: str) -> Kernel:
    """Declare a kernel by its release: all features first released in it or before."""
    return Kernel(name)


def has(feature: Feature) -> bool:
    """Tell whether the kernel has the feature; folded by the compiler."""
    raise TypeError("model code is compiled, not run")


def bound(default: int, title: str) -> int:
    """Declare a size that a scenario may set."""
    return default


def option(default: bool, title: str) -> bool:
    """Declare a Kconfig option that a scenario may set."""
    return default


def invariant(name: str, title: str) -> Invariant:
    """Declare an invariant by its name and one line on what breaks."""
    return Invariant(name, title)


def holds() -> tuple[str, str]:
    """Declare that no interleaving breaks an invariant."""
    return ("holds", "")


def violated(invariant: str) -> tuple[str, str]:
    """Declare that some interleaving breaks `invariant`."""
    return ("violated", invariant)


def absent() -> tuple[str, str]:
    """Declare that the kernel has no such call site."""
    return ("absent", "")


def since(kernel: str, verdict: tuple[str, str], *, source: str = "") -> Expectation:
    """Declare a verdict from `kernel` on, with the commit or corpus entry that says so.

    Without a source the verdict was found by the model itself.
    """
    return Expectation(kernel, verdict[0], verdict[1], source)


def at(kernel: str, verdict: tuple[str, str], *, source: str = "") -> Expectation:
    """Declare a verdict for one kernel inside a release, as commits of a merge window leave it.

    `kernel` is the id of the last feature that it has, or `FEATURE^` for the one just before.
    """
    return Expectation(kernel, verdict[0], verdict[1], source, is_point=True)
