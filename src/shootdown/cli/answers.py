# SPDX-License-Identifier: MIT
"""What a check answers: the text of its result, its exit code, the command that reproduces it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shootdown.cli.exits import Exit
from shootdown.execution import INTERRUPTED, Result, Verdict
from shootdown.report.command import reproduce
from shootdown.report.race import race_table
from shootdown.report.verdicts import (
    changes_table,
    coverage,
    history_table,
    is_as_declared,
    is_changed,
    newest_table,
    one_verdict,
    summary,
)

__all__ = ["Answer", "changes", "verdicts"]

_FAILURES = (Exit.VIOLATED, Exit.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to print and how to end; `command` is empty where there is nothing to reproduce."""

    text: str
    code: Exit
    command: str = ""


def verdicts(
    results: Sequence[Result],
    *,
    is_raw: bool,
    has_history: bool,
    as_json: bool,
    has_coverage: bool = False,
) -> Answer:
    """Answer with the verdicts themselves (`is_raw`), or with how they compare to declared ones."""
    codes = [_code(result, is_raw=is_raw) for result in results]
    wrong = [result for result, code in zip(results, codes, strict=True) if code in _FAILURES]
    code = _overall(codes)
    command = reproduce(results[codes.index(code)]) if code in _FAILURES else ""
    if as_json:
        text = _json(results)
    elif len(results) == 1:
        text = _one(results[0])
    else:
        text = _many(results, wrong=wrong, has_history=has_history)
    if has_coverage and not as_json:
        text += "\n" + coverage(results)
    return Answer(text, code, command)


def changes(pairs: Sequence[tuple[Result, Result]], *, as_json: bool) -> Answer:
    """Answer with what a patch changes, and one race that it causes."""
    changed = [new for base, new in pairs if is_changed(base, new)]
    codes = [_code(result, is_raw=True) for result in changed]
    code = _overall(codes)
    command = reproduce(changed[codes.index(code)]) if code in _FAILURES else ""
    race = next((result for result in changed if _is_drawn(result)), None)
    if as_json:
        text = _json([result for pair in pairs for result in pair])
    else:
        text = changes_table(pairs)
        if race is not None:
            text += "\n" + race_table(race)
        text += "\n" + summary([new for _, new in pairs])
    return Answer(text, code, command)


def _overall(codes: Sequence[Exit]) -> Exit:
    """The worst of them; skipped only if nothing else happened."""
    if Exit.INTERRUPTED in codes:
        return Exit.INTERRUPTED
    failures = [code for code in codes if code in _FAILURES]
    if failures:
        return min(failures)
    return Exit.SKIPPED if codes and set(codes) == {Exit.SKIPPED} else Exit.HOLDS


def _code(result: Result, *, is_raw: bool) -> Exit:
    match result.verdict:
        case Verdict.INCONCLUSIVE if result.reason == INTERRUPTED:
            return Exit.INTERRUPTED
        case Verdict.INCONCLUSIVE:
            return Exit.INCONCLUSIVE
        case _ if result.declared and not is_raw:
            return Exit.HOLDS if is_as_declared(result) else Exit.VIOLATED
        case Verdict.VIOLATED:
            return Exit.VIOLATED
        case Verdict.ABSENT if is_raw:
            return Exit.SKIPPED
        case _:
            return Exit.HOLDS


def _one(result: Result) -> str:
    if _is_drawn(result):
        return race_table(result)
    return one_verdict(result)


def _many(results: Sequence[Result], *, wrong: Sequence[Result], has_history: bool) -> str:
    """A table, the race most worth seeing, and what the verdicts rest on."""
    text = history_table(results) if has_history else newest_table(results)
    race = _race_to_show(results, wrong=wrong)
    if race is not None:
        text += f"\n{race.scenario}:\n\n" + race_table(race)
    return text + "\n" + summary(results)


def _race_to_show(results: Sequence[Result], *, wrong: Sequence[Result]) -> Result | None:
    """Prefer what nobody expected, then a race that the newest kernel prevents.

    Of those, take the story that has most variants.
    """
    first: dict[str, Verdict] = {}
    for result in results:
        first.setdefault(result.scenario, result.verdict)
    prevented = [result for result in results if first[result.scenario] == Verdict.HOLDS]
    prevented.sort(key=lambda result: -sum(n.startswith(result.scenario) for n in first))
    candidates = [*wrong, *prevented, *results]
    return next((result for result in candidates if _is_drawn(result)), None)


def _is_drawn(result: Result) -> bool:
    return result.verdict == Verdict.VIOLATED and result.execution is not None


def _json(results: Sequence[Result]) -> str:
    from shootdown.report.json import encode

    return encode(results)
