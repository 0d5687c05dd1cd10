# SPDX-License-Identifier: MIT
"""The table of mutations: file and line, what was changed, who notices with which invariant."""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.execution import Fate, Mutant, Survey
from shootdown.report.layout import WIDTH, fold

__all__ = ["mutations_table"]

_VERDICT_COLUMN = 46
_REASON_INDENT = " " * 11

_COUNTED = {
    Fate.NOTICED: "noticed",
    Fate.EXPLAINED: "explained",
    Fate.UNCOVERED: "not yet covered",
    Fate.UNNOTICED: "unnoticed",
    Fate.INCONCLUSIVE: "inconclusive",
}


def mutations_table(survey: Survey, mutants: Sequence[Mutant]) -> str:
    """One line a mutation, by file and function; why nobody notices it, if so; and the counts.

    Fewer mutants than the survey has mean that it was interrupted.
    """
    names = ", ".join(survey.scenarios) or "none"
    lines = fold(f"kernel {survey.kernel}; scenarios, cheapest first: {names}", rest="  ")
    for scenario, verdict in (*survey.left_out, *survey.undecided):
        lines += fold(f"left out: {scenario} ({verdict}, without a mutation)", rest="  ")
    heading = ""
    for mutant in mutants:
        if mutant.fate not in _COUNTED:
            continue
        here = f"{mutant.mutation.file}: {mutant.mutation.function}()"
        if here != heading:
            heading = here
            lines += ["", here]
        lines += _rows(mutant)
    return "\n".join([*lines, "", *fold(_summary(survey, mutants))]) + "\n"


def _rows(mutant: Mutant) -> list[str]:
    left = f"{mutant.mutation.line:>5}  {mutant.mutation.what}"
    verdict = _verdict(mutant)
    padded = f"{left:<{_VERDICT_COLUMN}}  {verdict}"
    if len(padded) <= WIDTH:
        rows = [padded]
    else:
        rows = [*fold(left, rest=_REASON_INDENT), f"{verdict:>{WIDTH}}"]
    if mutant.reason:
        rows += fold(mutant.reason, first=_REASON_INDENT, rest=_REASON_INDENT)
    return rows


def _verdict(mutant: Mutant) -> str:
    match mutant.fate:
        case Fate.NOTICED:
            return f"{mutant.scenario}: {mutant.invariant}"
        case Fate.INCONCLUSIVE:
            return f"inconclusive: {mutant.scenario}"
        case Fate.UNNOTICED:
            return "nobody notices !"
        case Fate.UNCOVERED:
            return "nobody notices, not yet"
    return "nobody notices"


def _summary(survey: Survey, mutants: Sequence[Mutant]) -> str:
    counts = {fate: sum(mutant.fate == fate for mutant in mutants) for fate in Fate}
    total = sum(counts[fate] for fate in _COUNTED)
    shown = [f"{counts[fate]} {word}" for fate, word in _COUNTED.items() if counts[fate]]
    parts = [f"{total} mutation{'' if total == 1 else 's'}: {', '.join(shown) or 'none'}"]
    if counts[Fate.IDLE]:
        parts.append(f"{counts[Fate.IDLE]} more change nothing in this kernel")
    if counts[Fate.INVALID]:
        parts.append(f"{counts[Fate.INVALID]} more are no valid programs")
    if len(mutants) < survey.count:
        parts.append(f"interrupted after {len(mutants)} of {survey.count}")
    return "; ".join(parts) + "."
