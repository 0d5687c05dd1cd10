# SPDX-License-Identifier: MIT
"""The race table: an execution that breaks an invariant, as kernel commit messages draw it.

Promises: ASCII, at most 75 columns, at most 60 lines, the same bytes for the same result, and
words that a reader who knows the commit and not this tool understands.
"""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.execution import Execution, Result, Step
from shootdown.report.command import reproduce
from shootdown.report.layout import WIDTH, columns, fold, table
from shootdown.report.story import Line, at_least, event_weight, tell
from shootdown.report.wording import Weight, headline

__all__ = ["LINES_MAX", "race_table"]

LINES_MAX = 60

_BEFORE_LINES_MAX = 6
_MESSAGE_LINES_MAX = 4


def race_table(result: Result) -> str:
    """Draw the execution of a violated result; the text ends in a newline."""
    execution = result.execution
    assert execution is not None, "only a result with an execution can be drawn"
    top = [*_header(result, execution), "", *_before(execution.before)]
    bottom = [*_outcome(result, execution), "", *_origin(result), *_reproduce(result)]
    room = LINES_MAX - len(top) - len(bottom) - 2
    rows = _rows(execution, room)
    text = "\n".join(_ascii(row).rstrip() for row in [*top, *rows, "", *bottom])
    return text + "\n"


def _header(result: Result, execution: Execution) -> list[str]:
    without = f" without {', '.join(result.without)}" if result.without else ""
    patched = " patched" if result.patches else ""
    cpus = f"{execution.cpus} CPU{'s' if execution.cpus != 1 else ''}"
    steps = f"{len(execution.steps)} step{'s' if len(execution.steps) != 1 else ''}"
    what = f"{result.verdict}: {result.invariant}" if result.invariant else f"{result.verdict}"
    where = f"kernel {result.kernel}{patched}{without}, {cpus}, {steps}, shortest"
    line = f"{what}   {where}"
    return [line] if len(line) <= WIDTH else [what, *fold(where, first="  ", rest="  ")]


def _before(steps: Sequence[Step]) -> list[str]:
    """Say what the setup did: the outermost calls, and what happened outside of any."""
    done: list[str] = []
    cpu = None
    for line in tell(steps):
        if line.depth or line.weight < Weight.DECISIVE:
            continue
        text = f"CPU{line.cpu}: {line.text}" if line.cpu != cpu else line.text
        cpu = line.cpu
        if done and line.is_note:
            done[-1] += f" {text}"
        else:
            done.append(text)
    if not done:
        return []
    return [*fold("Before: " + ", ".join(done), rest="  ", lines_max=_BEFORE_LINES_MAX), ""]


def _rows(execution: Execution, room: int) -> list[str]:
    """Lay out as many lines as there is room for, the lightest left out first."""
    lines = _with_tail(tell(execution.steps), execution.steps)
    if not lines:
        return [" [ nothing that this table knows how to show ]"]
    cpus = columns([line for line in lines if line.weight >= Weight.USEFUL] or lines)
    rows: list[str] = []
    for least in (Weight.DETAIL, Weight.USEFUL, Weight.DECISIVE):
        kept = [line for line in at_least(lines, least) if line.cpu in cpus]
        rows = table(kept or lines, cpus=cpus)
        if len(rows) <= room:
            return rows
    return _elided(rows, room)


def _elided(rows: Sequence[str], room: int) -> list[str]:
    """Leave out the middle: a race is understood from how it starts and how it ends."""
    head = room // 2
    tail = room - head - 1
    left_out = len(rows) - head - tail
    note = f" ... {left_out} lines left out; --format json has every step"
    return [*rows[:head], note, *rows[-tail:]]


def _with_tail(lines: Sequence[Line], steps: Sequence[Step]) -> list[Line]:
    """Replace what follows the last decisive event by one line for each task."""
    events = [
        number
        for number, step in enumerate(steps)
        if any(event_weight(action) >= Weight.DECISIVE for action in step.actions)
    ]
    if not events:
        return list(lines)
    last = events[-1]
    tail: list[Line] = []
    for line in (line for line in lines if line.step > last):
        if line.task not in {known.task for known in tail}:
            name = _outermost(lines, line.task) or line.text
            is_running = any(known.task == line.task and known.step <= last for known in lines)
            text = f"... {name} returns" if is_running else name
            tail.append(Line(line.step, line.task, line.cpu, (), text, Weight.DECISIVE))
    return [*(line for line in lines if line.step <= last), *tail]


def _outermost(lines: Sequence[Line], task: str) -> str:
    for line in lines:
        if line.task == task and line.depth == 0 and line.shorter:
            return line.shorter
    return ""


def _outcome(result: Result, execution: Execution) -> list[str]:
    said = [f"*** {headline(result.invariant, _victim(execution))} ***"]
    said += fold(result.message, lines_max=_MESSAGE_LINES_MAX)
    if result.site:
        said += fold(f"at {result.site}")
    return said


def _victim(execution: Execution) -> tuple[tuple[str, str], ...]:
    """Return what the violation names; else the page, if the execution knows only one."""
    actions = [action for step in execution.steps for action in step.actions]
    for action in reversed(actions):
        if action.kind == "violation":
            return action.arguments
    named = {pair for action in actions for pair in action.arguments if pair[0] == "pfn"}
    return tuple(named) if len(named) == 1 else ()


def _origin(result: Result) -> list[str]:
    """Say who knew: the fix, the declared verdict and its source, or that nobody did."""
    said = fold(f"fixed by {result.fixed_by}") if result.fixed_by else []
    if result.declared:
        source = f" ({result.source})" if result.source else " (found by the model)"
        said += fold(f"declared: {result.declared}{source}")
    else:
        said.append("found by the model: the scenario declares no verdict here")
    return said


def _reproduce(result: Result) -> list[str]:
    return fold(f"reproduce: {reproduce(result)}", rest="  ")


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")
