# SPDX-License-Identifier: MIT
"""Lines in columns: at most 75 characters wide, one column a CPU, nothing cut off."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import replace

from shootdown.report.story import Line

__all__ = ["WIDTH", "columns", "fold", "table"]

WIDTH = 75

_COLUMNS_MAX = 3
_GAP = 2
_INDENTS = (2, 1)
_NARROWEST = 12
_GLUE = "\0"  # a blank at which no line may break


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
    widths, indent = _widths(lines, cpus)
    heads = [f"CPU{cpu}" for cpu in cpus]
    rows = [_row(heads, widths), _row(["-" * len(head) for head in heads], widths)]
    place = {cpu: number for number, cpu in enumerate(cpus)}
    room = {cpu: widths[place[cpu]] for cpu in cpus}
    for line in _merged(lines, room, indent=indent):
        for text in _fit(line, room[line.cpu], indent=indent):
            cells = [""] * len(cpus)
            cells[place[line.cpu]] = text
            rows.append(_row(cells, widths))
    return rows


def _actor_table(lines: Sequence[Line]) -> list[str]:
    """One column for all, the CPU's number before each line."""
    digits = max(len(str(line.cpu)) for line in lines)
    width = WIDTH - len(" CPU") - digits - _GAP
    indent = _INDENTS[0]
    rows = []
    for line in _merged(lines, {line.cpu: width for line in lines}, indent=indent):
        for number, text in enumerate(_fit(line, width, indent=indent)):
            actor = f"CPU{line.cpu:<{digits}}" if number == 0 else " " * (3 + digits)
            rows.append(f" {actor}  {text}")
    return rows


def _widths(lines: Sequence[Line], cpus: Sequence[int]) -> tuple[list[int], int]:
    """Give each column what its longest line needs, or else share; return the indent, too.

    What does not fit is indented less; then the widest columns yield, first those that lose
    no more than arguments.
    """
    room = WIDTH - 1 - _GAP * (len(cpus) - 1)
    share = dict.fromkeys(cpus, room // len(cpus))
    widths: list[int] = []
    for indent in _INDENTS:
        merged = _merged(lines, share, indent=indent)
        widths = [_needed(merged, cpu, indent, is_short=False) for cpu in cpus]
        if sum(widths) <= room:
            return widths, indent
    indent = _INDENTS[-1]
    for floor in (
        [_needed(lines, cpu, indent, is_short=True) for cpu in cpus],
        [_longest_word(lines, cpu) for cpu in cpus],
        [_NARROWEST for _ in cpus],
    ):
        widths = _shrunk(widths, floor, room)
    return widths, indent


def _shrunk(widths: Sequence[int], floor: Sequence[int], room: int) -> list[int]:
    """Take from the columns with most to spare until all fit, or until none is above its floor."""
    shrunk = list(widths)
    while sum(shrunk) > room:
        spare = [width - least for width, least in zip(shrunk, floor, strict=True)]
        if max(spare) <= 0:
            break
        shrunk[spare.index(max(spare))] -= 1
    return shrunk


def _needed(lines: Sequence[Line], cpu: int, indent: int, *, is_short: bool) -> int:
    """Return the width that the lines of a CPU ask for; the short form breaks notes."""
    texts = [
        line.depth * indent + len(line.shorter if is_short else line.text)
        for line in lines
        if line.cpu == cpu and (line.shorter or not is_short)
    ]
    return max([_NARROWEST, *texts])


def _longest_word(lines: Sequence[Line], cpu: int) -> int:
    """Return the width under which the name of a call would have to be broken."""
    words = [len(word) for line in lines if line.cpu == cpu for word in line.shorter.split()]
    return max([_NARROWEST, *words])


def _merged(lines: Sequence[Line], room: dict[int, int], *, indent: int) -> list[Line]:
    """Put a note beside the call or access it follows directly, where both fit on one line."""
    merged: list[Line] = []
    is_open = False
    for line in lines:
        if is_open and _joins(merged[-1], line):
            above = merged[-1]
            text = f"{above.text} {line.text}"
            if above.depth * indent + len(text) <= room[line.cpu]:
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
    return line.depth == above.depth + 1 or (line.depth == above.depth and line.step == above.step)


def _fit(line: Line, width: int, *, indent: int) -> list[str]:
    """Print a line in its column: without arguments, then indented less, then on more lines."""
    blanks = line.depth * indent
    text = line.text
    if blanks + len(text) > width and line.shorter:
        text = line.shorter
    if blanks + len(text) > width and not line.is_note and " [ " in text:
        head, _, note = text.partition(" [ ")
        parts = [
            replace(line, text=head),
            replace(line, text=f"[ {note}", callers=(*line.callers, line.weight)),
        ]
        return [row for part in parts for row in _broken(part.text, width, part.depth * indent)]
    is_note = line.is_note or not line.shorter
    return _broken(text, width, blanks if is_note else max(0, min(blanks, width - len(text))))


def _broken(text: str, width: int, blanks: int) -> list[str]:
    """Break a text that is too long, never just inside a bracket or before a number."""
    blanks = min(blanks, width // 3) if blanks + len(text) > width else blanks
    glued = re.sub(r"(?<=\[) | (?=\])|(?<=page) (?=\d)|(?<=->) ", _GLUE, text)
    rows = textwrap.wrap(
        glued,
        width,
        initial_indent=" " * blanks,
        subsequent_indent=" " * min(blanks + 1, width // 2),
        break_on_hyphens=False,
    )
    return [row.replace(_GLUE, " ") for row in rows]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
    return (" " + (" " * _GAP).join(padded)).rstrip()
