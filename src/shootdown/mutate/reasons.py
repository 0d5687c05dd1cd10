# SPDX-License-Identifier: MIT
"""Why nobody notices some mutations of a kernel: reasons on record, in a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from shootdown.execution import Fate, Mutant

__all__ = ["Reason", "of_kernel", "read_reasons", "with_reasons"]

NOTICED_NOW = "noticed now, and still listed among the unnoticed"


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why nobody notices what is changed in a function.

    `is_covered` says that there is nothing to notice: another operation does the same, or nobody
    could tell. Otherwise a scenario is missing, and `why` says what it takes to write it.
    `kernels` are those that this was found out for; none means the newest.
    """

    function: str
    what: str
    is_covered: bool
    why: str
    kernels: tuple[str, ...] = ()


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    unnoticed: tuple[Reason, ...]


def read_reasons(text: str) -> tuple[Reason, ...]:
    """Read the table `unnoticed` of a TOML document."""
    return msgspec.convert(tomllib.loads(text), _Document).unnoticed


def of_kernel(reasons: Sequence[Reason], kernel: str, *, newest: str) -> list[Reason]:
    """Return the reasons that were found out for a kernel."""
    return [reason for reason in reasons if kernel in (reason.kernels or (newest,))]


def with_reasons(mutants: Iterator[Mutant], reasons: Sequence[Reason]) -> Iterator[Mutant]:
    """Give the unnoticed mutants the reasons on record."""
    known = {(reason.function, reason.what): reason for reason in reasons}
    for mutant in mutants:
        reason = known.get((mutant.mutation.function, mutant.mutation.what))
        if reason is None:
            yield mutant
        elif mutant.fate == Fate.UNNOTICED:
            fate = Fate.EXPLAINED if reason.is_covered else Fate.UNCOVERED
            yield replace(mutant, fate=fate, reason=reason.why)
        elif mutant.fate == Fate.NOTICED:
            yield replace(mutant, reason=NOTICED_NOW)
        else:
            yield mutant
