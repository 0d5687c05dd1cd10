# SPDX-License-Identifier: MIT
"""Tables of verdicts: the newest kernel with the races it prevents, or every kernel at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shootdown.execution import Result, Verdict
from shootdown.report.layout import WIDTH, fold
from shootdown.report.rows import grid

__all__ = [
    "changes_table",
    "coverage",
    "history_table",
    "is_as_declared",
    "is_changed",
    "newest_rows",
    "newest_table",
    "one_verdict",
    "summary",
]


@dataclass(frozen=True, slots=True)
class _Story:
    """The results of one scenario, in the order of the kernels, newest first."""

    scenario: str
    results: tuple[Result, ...]


def is_as_declared(result: Result) -> bool:
    """Tell whether the verdict is the one that the scenario declares, if it declares one."""
    if result.verdict == Verdict.INCONCLUSIVE:
        return False
    return not result.declared or result.declared == _verdict_text(result)


def is_changed(base: Result, new: Result) -> bool:
    """Tell whether a patch made another verdict or gave it another reason, or may have."""
    return _verdict_text(base) != _verdict_text(new) or new.verdict == Verdict.INCONCLUSIVE


def one_verdict(result: Result) -> str:
    """Say a verdict that has no race to show, and what it rests on."""
    lines = [f"{_verdict_text(result)}   {result.scenario}, kernel {_kernel(result)}"]
    if result.reason:
        lines += fold(result.reason, first="  ", rest="  ")
    if result.message:
        lines += fold(result.message, first="  ", rest="  ")
    if result.declared:
        source = f" ({result.source})" if result.source else " (found by the model)"
        lines += fold(f"declared: {result.declared}{source}", first="  ", rest="    ")
    return "\n".join(lines) + "\n\n" + summary([result])


def newest_table(results: Sequence[Result]) -> str:
    """One line a scenario for the newest kernel, then one for each race that it prevents.

    The results of a scenario come newest kernel first.
    """
    stories = _stories(results)
    newest = [story.results[0] for story in stories]
    text = newest_rows(newest)
    prevented = [line for story in stories for line in _prevented(story)]
    if prevented:
        text += "\n".join(["", "races that it prevents:", *prevented, ""])
    return text + "\n".join([*_disagreements(results, shown=newest), ""])


def newest_rows(newest: Sequence[Result]) -> str:
    """One line a scenario, each with one result."""
    rows = [["scenario", "kernel", "verdict", "declared"]]
    rows += [[r.scenario, _kernel(r), _verdict_text(r), _agreement(r)] for r in newest]
    return "\n".join([*grid(rows), ""])


def history_table(results: Sequence[Result]) -> str:
    """All kernels as columns, oldest first; a `!` marks what is not as declared."""
    stories = _stories(results)
    kernels = list(dict.fromkeys(_kernel(result) for result in results))[::-1]
    cells = {(result.scenario, _kernel(result)): _cell(result) for result in results}
    text: list[str] = []
    for block in _blocks(stories, kernels, cells):
        body = [
            [story.scenario, *(cells.get((story.scenario, k), "") for k in block)]
            for story in stories
        ]
        text += (
            ["", *grid([["scenario", *block], *body])]
            if text
            else grid([["scenario", *block], *body])
        )
    prevented = [line for story in stories for line in _prevented(story)]
    if prevented:
        text += ["", *prevented]
    text += _disagreements(results, shown=())
    return "\n".join(text) + "\n"


def changes_table(pairs: Sequence[tuple[Result, Result]]) -> str:
    """The cells that a patch changes: base and patched side by side."""
    changed = [(base, new) for base, new in pairs if is_changed(base, new)]
    if not changed:
        return f"the patch changes none of {_count(len(pairs), 'verdict')}\n"
    rows = [["scenario", "kernel", "base", "patched"]]
    rows += [[b.scenario, _kernel(b), _verdict_text(b), _verdict_text(n)] for b, n in changed]
    rest = len(pairs) - len(changed)
    text = grid(rows)
    if rest:
        text += ["", f"{_count(rest, 'other verdict')} unchanged"]
    return "\n".join(text) + "\n"


def summary(results: Sequence[Result]) -> str:
    """What the verdicts rest on: counts, bounds, memory order, deviations."""
    if not results:
        return "nothing was checked\n"
    states = sum(result.states for result in results)
    open_ones = sum(result.verdict == Verdict.INCONCLUSIVE for result in results)
    wrong = sum(not is_as_declared(result) for result in results) - open_ones
    known = sum(bool(result.declared) for result in results)
    parts = [
        f"{_count(len(results), 'verdict')}: {known} declared, {wrong} not as declared"
        + (f", {open_ones} inconclusive" if open_ones else ""),
        f"{_count(states, 'state')}, depth at most {max(r.depth for r in results)}",
        ", ".join(sorted({result.memory_order for result in results})),
        f"bounds {_bounds(results)}",
    ]
    missed = _never_reached(results)
    if missed:
        parts.append(f"{_count(len(missed), 'kernel line')} never reached (--coverage)")
    deviations = max(result.deviations for result in results)
    if deviations:
        parts.append(f"{_count(deviations, 'deviation')} from the kernel")
    return "\n".join(fold("; ".join(parts) + ".")) + "\n"


def coverage(results: Sequence[Result]) -> str:
    """List the lines of modelled kernel functions that none of the results reached, by file."""
    files: dict[str, list[int]] = {}
    for place in _never_reached(results):
        name, _, line = place.rpartition(":")
        files.setdefault(name, []).append(int(line))
    if not files:
        return "every kernel line was reached\n"
    text = ["kernel lines never reached:"]
    for name, lines in sorted(files.items()):
        ranges = ", ".join(_ranges(sorted(lines)))
        text += fold(f"{name}: {ranges}", first="  ", rest="    ")
    return "\n".join(text) + "\n"


def _never_reached(results: Sequence[Result]) -> set[str]:
    """Return the lines that no result reached, of those that some result could have."""
    missed = {place for result in results for place in result.unreached}
    return missed - {place for result in results for place in result.reached}


def _ranges(lines: Sequence[int]) -> list[str]:
    """Write 3, 4, 5, 9 as 3-5, 9."""
    found: list[list[int]] = []
    for line in lines:
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return [str(a) if a == b else f"{a}-{b}" for a, b in found]


def _verdict_text(result: Result) -> str:
    """Write a verdict as scenarios declare it: `holds`, `violated: lost_write`."""
    return f"{result.verdict}: {result.invariant}" if result.invariant else str(result.verdict)


def _stories(results: Sequence[Result]) -> list[_Story]:
    names = dict.fromkeys(result.scenario for result in results)
    return [_Story(name, tuple(r for r in results if r.scenario == name)) for name in names]


def _prevented(story: _Story) -> list[str]:
    """Name each race that an older kernel has and the newest lacks, with its last kernel.

    A release has a dot in its name; a kernel inside a release has none.
    """
    if story.results[0].verdict != Verdict.HOLDS:
        return []
    seen: dict[str, Result] = {}
    for result in story.results:
        if result.verdict == Verdict.VIOLATED and not result.without:
            seen.setdefault(result.invariant, result)
    lines: list[str] = []
    for invariant, last in seen.items():
        fix = last.fixed_by or last.source
        why = f", fixed by {fix}" if fix else ""
        is_only = sum(result.invariant == invariant for result in story.results) == 1
        until = "in" if is_only and "." not in last.kernel else "up to"
        text = f"{story.scenario}: {invariant} {until} {last.kernel}{why}"
        lines += fold(text, first="  ", rest="    ")
    return lines


def _disagreements(results: Sequence[Result], *, shown: Sequence[Result]) -> list[str]:
    """Say in words which verdicts are not the declared ones, and why some are open."""
    lines: list[str] = []
    for result in results:
        where = f"{result.scenario}, {_kernel(result)}"
        if result.verdict == Verdict.INCONCLUSIVE:
            why = result.reason or "a limit was reached"
            lines += fold(f"inconclusive: {where}: {why}", rest="    ")
        elif not is_as_declared(result) and result not in shown:
            text = f"not as declared: {where}: {_verdict_text(result)}, declared {result.declared}"
            lines += fold(text, rest="    ")
    return ["", *lines] if lines else []


def _agreement(result: Result) -> str:
    if not result.declared:
        return "nothing (found)"
    if result.verdict == Verdict.INCONCLUSIVE:
        return f"{result.declared} (open)"
    return "same" if is_as_declared(result) else f"{result.declared} !"


def _cell(result: Result) -> str:
    return str(result.verdict) + ("" if is_as_declared(result) else "!")


def _kernel(result: Result) -> str:
    return result.kernel + "".join(f" -{feature}" for feature in result.without)


def _blocks(
    stories: Sequence[_Story], kernels: Sequence[str], cells: Mapping[tuple[str, str], str]
) -> list[list[str]]:
    """Split the kernels so that each table stays within the report's width."""
    first = max(len(name) for name in ["scenario", *(story.scenario for story in stories)])
    blocks: list[list[str]] = []
    used = WIDTH + 1
    for kernel in kernels:
        texts = [cells.get((story.scenario, kernel), "") for story in stories]
        width = 2 + max(len(text) for text in [kernel, *texts])
        if used + width > WIDTH and (not blocks or blocks[-1]):
            blocks.append([])
            used = first
        blocks[-1].append(kernel)
        used += width
    return blocks


def _bounds(results: Sequence[Result]) -> str:
    """Name the bounds with the range that the scenarios give them."""
    values: dict[str, set[int]] = {}
    for result in results:
        for name, value in result.bounds.items():
            values.setdefault(name, set()).add(value)
    shown = [
        f"{name}={min(v)}" if len(v) == 1 else f"{name}={min(v)}..{max(v)}"
        for name, v in sorted(values.items())
    ]
    return ", ".join(shown) or "none"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
