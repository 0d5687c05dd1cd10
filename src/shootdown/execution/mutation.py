# SPDX-License-Identifier: MIT
"""What is taken out of a kernel function to see who notices, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Fate", "Mutant", "Mutation", "Survey"]


class Fate(StrEnum):
    """What came of a mutation.

    `EXPLAINED` and `UNCOVERED` are unnoticed with a reason on record: another operation does what
    was taken out, or no scenario covers it so far. `INVALID` does not compile, and `IDLE` compiles
    to the same code everywhere: both are no mutations of this kernel.
    """

    NOTICED = "noticed"
    UNNOTICED = "unnoticed"
    EXPLAINED = "explained"
    UNCOVERED = "uncovered"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of one kernel function.

    `file` and `line` are those of the original. `what` says the change in words, and is unique
    within the function: `no tlb_flush(tlb)`.
    """

    file: str
    line: int
    function: str
    what: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutation and its fate.

    `scenario` is the one that notices, and `invariant` what breaks there; or `scenario` is the one
    that stayed open. `asked` are the scenarios that were explored. `reason` says why nobody
    notices, or what stopped the exploration.
    """

    mutation: Mutation
    fate: Fate
    scenario: str = ""
    invariant: str = ""
    reason: str = ""
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """The mutations of a kernel, tried one by one as `mutants` is iterated.

    `scenarios` are those that hold and may notice. Without any mutation, those `left_out` are
    violated, and for those `undecided` a limit was reached: each with its verdict or the reason.
    """

    kernel: str
    scenarios: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    undecided: tuple[tuple[str, str], ...]
    count: int
    mutants: Iterator[Mutant]
