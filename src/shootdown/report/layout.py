# SPDX-License-Identifier: MIT
"""Lines in columns: at most 75 characters wide, one column a CPU, nothing cut off."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from shootdown.report.story import Line

__all__ = ["WIDTH", "columns", "fold", "table"]

WIDTH = 75

_COLUMNS_MAX = 3
_GAP = 2
_INDENT = 2
_NARROWEST = 12


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
    """Return the CPUs that get a column; more than three share one."""
    return sorted({line.cpu for line in lines})


def table(lines: Sequence[Line], *, cpus: Sequence[int]) -> list[str]:
    """Lay the lines out under their CPUs."""
    if len(cpus) > _COLUMNS_MAX:
        return _actor_table(lines)
    widths = _widths(lines, cpus)
    heads = [f"CPU{cpu}" for cpu in cpus]
    rows = [_row(heads, widths), _row(["-" * len(head) for head in heads], widths)]
    place = {cpu: number for number, cpu in enumerate(cpus)}
    for line in _merged(lines, {cpu: widths[place[cpu]] for cpu in cpus}):
        for text in _fit(line, widths[place[line.cpu]]):
            cells = [""] * len(cpus)
            cells[place[line.cpu]] = text
            rows.append(_row(cells, widths))
    return rows


def _actor_table(lines: Sequence[Line]) -> list[str]:
    """One column for all, the CPU's number before each line."""
    digits = max(len(str(line.cpu)) for line in lines)
    width = WIDTH - len(" CPU") - digits - _GAP
    rows = []
    for line in _merged(lines, {line.cpu: width for line in lines}):
        for number, text in enumerate(_fit(line, width)):
            actor = f"CPU{line.cpu:<{digits}}" if number == 0 else " " * (3 + digits)
            rows.append(f" {actor}  {text}")
    return rows


def _widths(lines: Sequence[Line], cpus: Sequence[int]) -> list[int]:
    """Give each column what its longest line needs; the widest ones yield until all fit."""
    room = WIDTH - 1 - _GAP * (len(cpus) - 1)
    merged = _merged(lines, dict.fromkeys(cpus, room // len(cpus)))
    widths = [
        max([_NARROWEST, *(_natural(line) for line in merged if line.cpu == cpu)]) for cpu in cpus
    ]
    while sum(widths) > room:
        widths[widths.index(max(widths))] -= 1
    return widths


def _natural(line: Line) -> int:
    return line.depth * _INDENT + len(line.text)


def _merged(lines: Sequence[Line], widths: dict[int, int]) -> list[Line]:
    """Put a note beside the call or access it follows directly, where both fit on one line."""
    merged: list[Line] = []
    is_open = False
    for line in lines:
        if merged and is_open and _joins(merged[-1], line):
            above = merged[-1]
            text = f"{above.text} {line.text}"
            if above.depth * _INDENT + len(text) <= widths[line.cpu]:
                weight = max(above.weight, line.weight)
                merged[-1] = Line(above.step, above.task, above.cpu, above.depth, text, weight)
                is_open = False
                continue
        merged.append(line)
        is_open = True
    return merged


def _joins(above: Line, line: Line) -> bool:
    """A note belongs to the call above it, or to the access made by the same step."""
    if not line.is_note or above.is_note or above.task != line.task:
        return False
    return line.depth == above.depth + 1 or (line.depth == above.depth and line.step == above.step)


def _fit(line: Line, width: int) -> list[str]:
    """Print a line within its column: fewer arguments first, then less indent, then more lines."""
    text = line.text
    if _natural(line) > width and line.shorter:
        text = line.shorter
    indent = max(0, min(line.depth * _INDENT, width - len(text)))
    rest = indent + _INDENT if indent + _INDENT < width // 2 else 0
    return textwrap.wrap(
        text,
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * rest,
        break_on_hyphens=False,
    )


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
    return (" " + (" " * _GAP).join(padded)).rstrip()
