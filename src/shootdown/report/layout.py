# SPDX-License-Identifier: MIT
"""Lines in columns: at most 75 characters wide, one column a CPU, nothing cut off."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from shootdown.report.story import Line

__all__ = ["WIDTH", "columns", "fold", "table"]

WIDTH = 75

_GAP = 2
_INDENTS = (2, 1)
_NARROWEST = 12
_GLUE = "\0"  # a blank at which no line may break


@dataclass(frozen=True, slots=True)
class _Plan:
    """How wide the columns are, and how far a callee is indented."""

    widths: dict[int, int]
    indent: int


def fold(text: str, *, first: str = "", rest: str = "", lines_max: int | None = None) -> list[str]:
    """Break a sentence into lines of the report's width; more than `lines_max` end in dots."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        max_lines=lines_max,
        placeholder=" ...",
        break_on_hyphens=False,
    )


def columns(lines: Sequence[Line]) -> list[int]:
    """Return the CPUs that have something to show."""
    return sorted({line.cpu for line in lines})


def table(lines: Sequence[Line], *, heads: Mapping[int, str]) -> list[str]:
    """Lay the lines out under their CPUs; too many, or too wide ones, share one column."""
    plan = _plan(lines, heads)
    if plan is None:
        return _actor_table(lines, heads)
    rows = _head_rows(heads, plan)
    cpus = list(heads)
    for line in _merged(lines, plan):
        for text in _fit(line, plan.widths[line.cpu], indent=plan.indent):
            rows.append(_row([text if cpu == line.cpu else "" for cpu in cpus], plan))
    return rows


def _head_rows(heads: Mapping[int, str], plan: _Plan) -> list[str]:
    """Head each column by its CPU and its task, on two rows where one is too narrow."""
    if all(len(head) <= plan.widths[cpu] for cpu, head in heads.items()):
        texts = [[head] for head in heads.values()]
    else:
        texts = [head.split(" ", 1) for head in heads.values()]
    rows = zip_longest(*texts, fillvalue="")
    rules = ["-" * max(map(len, text)) for text in texts]
    return [_row(cells, plan) for cells in (*rows, rules)]


def _actor_table(lines: Sequence[Line], heads: Mapping[int, str]) -> list[str]:
    """One column for all, the CPU's number before its lines."""
    labels = {cpu: f"CPU{cpu}" for cpu in heads}
    size = max(map(len, labels.values()))
    width = WIDTH - 1 - size - _GAP
    plan = _Plan(dict.fromkeys(heads, width), _INDENTS[0])
    named = ", ".join(head for head in heads.values() if " " in head)
    rows = [*fold(named, first=" ", rest=" "), ""] if named else []
    running = -1
    for line in _merged(lines, plan):
        for text in _fit(line, width, indent=plan.indent):
            label = labels[line.cpu] if line.cpu != running else ""
            running = line.cpu
            rows.append(f" {label:<{size}}  {text}")
    return rows


def _plan(lines: Sequence[Line], heads: Mapping[int, str]) -> _Plan | None:
    """Give each column what it needs: less indentation first, then notes on several rows.

    Calls that are still too long lose their arguments. None: the lines do not fit in columns.
    """
    room = WIDTH - 1 - _GAP * (len(heads) - 1)
    for indent in _INDENTS:
        needs = {cpu: max(_needed(lines, cpu, indent), len(heads[cpu])) for cpu in heads}
        if sum(needs.values()) <= room:
            return _Plan(_widened(needs, lines, room, indent), indent)
    indent = _INDENTS[-1]
    widths = {cpu: _needed(lines, cpu, indent) for cpu in heads}
    for rows, is_short in ((2, False), (2, True), (3, False), (3, True)):
        floor = {
            cpu: max(
                _NARROWEST,
                *map(len, heads[cpu].split(" ", 1)),
                *(
                    _narrowest(line, rows, indent, is_short=is_short)
                    for line in lines
                    if line.cpu == cpu
                ),
            )
            for cpu in heads
        }
        widths = _shrunk(widths, floor, room)
        if sum(widths.values()) <= room:
            return _Plan(widths, indent)
    return None


def _shrunk(widths: dict[int, int], floor: dict[int, int], room: int) -> dict[int, int]:
    """Take from the columns with most to spare until all fit, or until none is above its floor."""
    shrunk = {cpu: max(width, floor[cpu]) for cpu, width in widths.items()}
    while sum(shrunk.values()) > room:
        cpu = max(shrunk, key=lambda cpu: shrunk[cpu] - floor[cpu])
        if shrunk[cpu] <= floor[cpu]:
            break
        shrunk[cpu] -= 1
    return shrunk


def _widened(
    widths: dict[int, int], lines: Sequence[Line], room: int, indent: int
) -> dict[int, int]:
    """Use what is left so that notes stand beside their calls, from the left."""
    widened = dict(widths)
    for cpu in widened:
        spare = room - sum(widened.values())
        wide = _Plan(dict.fromkeys(widened, widened[cpu] + spare), indent)
        widened[cpu] = max(widened[cpu], _needed(_merged(lines, wide), cpu, indent))
    return widened


def _needed(lines: Sequence[Line], cpu: int, indent: int) -> int:
    """Return the width with which no line of a CPU must be broken."""
    texts = [len(line.text) + line.depth * indent for line in lines if line.cpu == cpu]
    return max([_NARROWEST, *texts])


def _narrowest(line: Line, rows: int, indent: int, *, is_short: bool) -> int:
    """Return the least width that a line can do with, on so many rows."""
    blanks = line.depth * indent
    if not (line.is_note or " [ " in line.text):
        return blanks + len(line.shorter if is_short and line.shorter else line.text)
    width = max(map(len, _glued(line.text).split()))
    while len(_fit(line, width, indent=indent)) > rows:
        width += 1
    return width


def _merged(lines: Sequence[Line], plan: _Plan) -> list[Line]:
    """Put a note beside the call or access it follows directly, where both fit on one line."""
    merged: list[Line] = []
    is_open = False
    for line in lines:
        if is_open and _joins(merged[-1], line):
            above = merged[-1]
            text = f"{above.text} {line.text}"
            if above.depth * plan.indent + len(text) <= plan.widths[line.cpu]:
                merged[-1] = replace(above, text=text, shorter="")
                is_open = False
                continue
        merged.append(line)
        is_open = True
    return merged


def _joins(above: Line, line: Line) -> bool:
    """A note belongs to the call above it, or to the access made by the same step."""
    if not line.is_note or above.is_note or above.task != line.task:
        return False
    if above.shorter:  # a call
        return line.depth == above.depth + 1
    return line.depth == above.depth and line.step == above.step and " [ " not in above.text


def _fit(line: Line, width: int, *, indent: int) -> list[str]:
    """Print a line in its column: without arguments, or on several rows."""
    blanks = line.depth * indent
    text = line.text
    if blanks + len(text) > width and line.shorter:
        text = line.shorter
    if blanks + len(text) > width and not line.is_note and " [ " in text:
        head, _, note = text.partition(" [ ")
        return [*_broken(head, width, blanks), *_broken(f"[ {note}", width, blanks)]
    return _broken(text, width, blanks)


def _broken(text: str, width: int, blanks: int) -> list[str]:
    """Break a text that is too long, never just inside a bracket or before a number."""
    longest = max(map(len, _glued(text).split()), default=0)
    blanks = max(0, min(blanks, width - longest))
    rows = textwrap.wrap(
        _glued(text),
        width,
        initial_indent=" " * blanks,
        subsequent_indent=" " * max(0, min(blanks + 2, width - longest)),
        break_on_hyphens=False,
    )
    return [row.replace(_GLUE, " ") for row in rows]


def _glued(text: str) -> str:
    return re.sub(r"(?<=\[) | (?=\])|(?<=page) (?=\d)|(?<=TLB) (?=\d)|(?<=->) ", _GLUE, text)


def _row(cells: Sequence[str], plan: _Plan) -> str:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, plan.widths.values(), strict=True)]
    return (" " + (" " * _GAP).join(padded)).rstrip()
