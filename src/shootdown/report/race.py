# SPDX-License-Identifier: MIT
"""The race table: an execution that breaks an invariant, as kernel commit messages draw it.

Promises: ASCII, at most 75 columns, at most 60 lines, the same bytes for the same result, and
words that a reader who knows the commit and not this tool understands.
"""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.execution import Execution, Result, Step
from shootdown.report.command import reproduce
from shootdown.report.facts import Machine, with_facts
from shootdown.report.layout import WIDTH, columns, fold, table
from shootdown.report.story import Line, at_least, event_weight, tell
from shootdown.report.wording import Weight, headline

__all__ = ["LINES_MAX", "race_table"]

LINES_MAX = 60

_BEFORE_LINES_MAX = 6
_MESSAGE_LINES_MAX = 4

# The last of these events concerns the page that an end state is wrong about.
_VICTIMS = {"lost_write": ("access_made",), "leak": ("pte_cleared",)}


def race_table(result: Result) -> str:
    """Draw the execution of a violated result; the text ends in a newline."""
    execution = result.execution
    assert execution is not None, "only a result with an execution can be drawn"
    before, steps = with_facts(execution.before, execution.steps, _machine(result))
    top = [*_header(result, execution), "", *_before(execution.before)]
    bottom = [*_outcome(result, steps), "", *_origin(result), *_reproduce(result)]
    room = LINES_MAX - len(top) - len(bottom) - 2
    lines = tell(steps, before=before, stuck=execution.stuck)
    rows = _rows(_with_tail(lines, steps), steps, room)
    text = "\n".join(_ascii(row).rstrip() for row in [*top, *rows, "", *bottom])
    return text + "\n"


def _machine(result: Result) -> Machine:
    """Return what the bounds of the result say."""
    slots, levels = result.bounds.get("PTRS_PER_TABLE", 0), result.bounds.get("LEVELS", 0)
    return Machine(result.bounds.get("NR_PAGES") == 1, slots**levels)


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
    """Say what the setup did, in the words of its functions."""
    done = [f"CPU{step.cpu}: {step.text[:1].lower()}{step.text[1:]}" for step in steps if step.text]
    if not done:
        return []
    return [*fold("Before: " + " ".join(done), rest="  ", lines_max=_BEFORE_LINES_MAX), ""]


def _rows(lines: Sequence[Line], steps: Sequence[Step], room: int) -> list[str]:
    """Lay out as many lines as there is room for, the lightest left out first."""
    if not lines:
        return [" [ nothing that this table knows how to show ]"]
    heads = {cpu: _head(cpu, steps) for cpu in columns(lines)}
    rows: list[str] = []
    for least in (Weight.USEFUL, Weight.DECISIVE):
        rows = table(at_least(lines, least) or lines, heads=heads)
        if len(rows) <= room:
            return rows
    return _elided(rows, room)


def _head(cpu: int, steps: Sequence[Step]) -> str:
    """Name a CPU and what runs there."""
    tasks = [step.task for step in steps if step.cpu == cpu and step.kind in ("kernel", "user")]
    names = ", ".join(dict.fromkeys(tasks))
    return f"CPU{cpu} ({names})" if names else f"CPU{cpu}"


def _elided(rows: Sequence[str], room: int) -> list[str]:
    """Leave out the middle: a race is understood from how it starts and how it ends."""
    head = room // 2
    tail = room - head - 1
    left_out = len(rows) - head - tail
    note = f" ... {left_out} lines left out; --format json has every step"
    return [*rows[:head], note, *rows[-tail:]]


def _with_tail(lines: Sequence[Line], steps: Sequence[Step]) -> list[Line]:
    """Replace what follows the last decisive event by one line for each task.

    Lines of the step after the last say who is stuck: then nothing just runs to its end.
    """
    events = [
        number
        for number, step in enumerate(steps)
        if any(event_weight(action) >= Weight.DECISIVE for action in step.actions)
    ]
    if not events or any(line.step >= len(steps) for line in lines):
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


def _outcome(result: Result, steps: Sequence[Step]) -> list[str]:
    """Say what broke: in capitals, then in the words of the invariant."""
    said = [f"*** {headline(result.invariant, _victim(result.invariant, steps))} ***"]
    message = f"{result.message[:1].upper()}{result.message[1:]}"
    site = f"({result.site})" if result.site else ""
    return said + fold(" ".join(filter(None, [message, site])), lines_max=_MESSAGE_LINES_MAX)


def _victim(invariant: str, steps: Sequence[Step]) -> tuple[tuple[str, str], ...]:
    """Return what the violation is about: what it names, or else what the events tell."""
    actions = [action for step in steps for action in step.actions]
    named = [(action, dict(action.arguments)) for action in actions]
    named = [(action, known) for action, known in named if "pfn" in known and _is_page(known)]
    wanted = _VICTIMS.get(invariant, ())
    for action, known in reversed(named):
        is_last_store = action.text in wanted and known.get("write") != "False"
        if action.kind == "violation" or is_last_store:
            return action.arguments
    pages = {known["pfn"] for _, known in named}
    return (("pfn", pages.pop()),) if len(pages) == 1 else ()


def _is_page(known: dict[str, str]) -> bool:
    """Tell whether the frame that an event names holds data, and not a page table."""
    return not known.get("upper")


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
