# SPDX-License-Identifier: MIT
"""From steps to lines: which calls and events of an execution a reader should see, in order.

A call is announced where it first touches shared state, so that a lock call stands where the
lock was taken, and not where its caller finished its local work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shootdown.execution import Action, Step
from shootdown.report.wording import (
    CONTEXT_ARGUMENTS,
    FUNCTIONS,
    LOCK_NAMES,
    Weight,
    event_wording,
)

__all__ = ["Line", "at_least", "event_weight", "tell"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one CPU; `shorter` is what to print where `text` does not fit.

    `callers` are the weights of the calls around it, outermost first: only those that are shown
    indent it.
    """

    step: int
    task: str
    cpu: int
    callers: tuple[Weight, ...]
    text: str
    weight: Weight
    shorter: str = ""
    is_note: bool = False

    @property
    def depth(self) -> int:
        """The number of calls around it."""
        return len(self.callers)


@dataclass(slots=True, eq=False)
class _Call:
    """A call under construction; only kernel functions become lines."""

    function: str
    arguments: tuple[tuple[str, str], ...]
    is_kernel: bool
    parent: _Call | None
    is_announced: bool = False
    events: int = 0
    children: int = 0
    result: str = ""
    weight: Weight = Weight.HIDDEN


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place in the story: a call that becomes visible, or an event inside one."""

    step: int
    task: str
    kind: str
    cpu: int
    call: _Call | None
    event: Action | None = None


@dataclass(slots=True)
class _Teller:
    """Follows every task's call stack through the steps and notes what becomes visible."""

    stacks: dict[str, list[_Call]] = field(default_factory=dict)
    calls: list[_Call] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)

    def follow(self, number: int, step: Step) -> None:
        stack = self._synchronize(step)
        if not step.actions:
            self._announce(number, step, stack)
        for action in step.actions:
            match action.kind:
                case "call":
                    self._push(stack, action.function, action.arguments, action.is_kernel)
                case "return":
                    self._announce(number, step, stack)
                    if stack:
                        stack.pop().result = action.text
                case "access":
                    self._announce(number, step, stack)
                case _:
                    self._announce(number, step, stack)
                    inside = _nearest_kernel(stack[-1] if stack else None)
                    self.marks.append(_Mark(number, step.task, step.kind, step.cpu, inside, action))

    def _synchronize(self, step: Step) -> list[_Call]:
        """Make our stack equal to the one that the step says it began with."""
        stack = self.stacks.setdefault(step.task, [])
        same = 0
        for ours, frame in zip(stack, step.stack, strict=False):
            if ours.function != frame.function:
                break
            same += 1
        del stack[same:]
        for frame in step.stack[same:]:
            self._push(stack, frame.function, frame.arguments, frame.is_kernel)
        return stack

    def _push(
        self,
        stack: list[_Call],
        function: str,
        arguments: tuple[tuple[str, str], ...],
        is_kernel: bool,
    ) -> None:
        call = _Call(function, arguments, is_kernel, stack[-1] if stack else None)
        self.calls.append(call)
        stack.append(call)

    def _announce(self, number: int, step: Step, stack: Sequence[_Call]) -> None:
        for call in stack:
            if call.is_kernel and not call.is_announced:
                call.is_announced = True
                self.marks.append(_Mark(number, step.task, step.kind, step.cpu, call))


def tell(steps: Sequence[Step]) -> list[Line]:
    """Return every line worth showing; callers drop the lightest where space is short."""
    teller = _Teller()
    for number, step in enumerate(steps):
        teller.follow(number, step)
    _weigh(teller)
    lines = [line for mark in teller.marks if (line := _line(mark)) is not None]
    decided = {line.step for line in lines if line.is_note and line.weight == Weight.DECISIVE}
    return [line for line in lines if not (_is_aside(line) and line.step in decided)]


def _is_aside(line: Line) -> bool:
    """A detail says nothing more where the same step has something decisive to say."""
    return line.is_note and line.weight == Weight.DETAIL


def _weigh(teller: _Teller) -> None:
    """Decide which calls are lines: those with something to say inside, and the boundaries."""
    for mark in teller.marks:
        if mark.event is not None and mark.call is not None and event_weight(mark.event):
            mark.call.events += 1
    for call in reversed(teller.calls):  # callees come after their callers
        if not call.is_announced:
            continue
        parent = _nearest_kernel(call.parent)
        call.weight = _call_weight(call, is_outermost=parent is None)
        if parent is not None:
            parent.children += 1 if call.weight else min(call.children, 1)


def _call_weight(call: _Call, *, is_outermost: bool) -> Weight:
    if is_outermost:
        return Weight.DECISIVE
    if call.function in FUNCTIONS:
        return FUNCTIONS[call.function]
    if call.events:
        return Weight.USEFUL
    return Weight.DETAIL if call.children > 1 else Weight.HIDDEN


def at_least(lines: Sequence[Line], least: Weight) -> list[Line]:
    """Keep the lines of that weight or more, indented by what is kept."""
    return [
        replace(line, callers=tuple(weight for weight in line.callers if weight >= least))
        for line in lines
        if line.weight >= least
    ]


def event_weight(action: Action) -> Weight:
    """Return what an event tells; anything else that happens in a step tells nothing by itself."""
    match action.kind:
        case "violation":
            return Weight.DECISIVE
        case "event":
            return event_wording(action.text, action.arguments).weight
        case _:
            return Weight.HIDDEN


def _line(mark: _Mark) -> Line | None:
    if mark.event is not None:
        return _event_line(mark, mark.event)
    call = mark.call
    assert call is not None, "a mark is a call or an event"
    if not call.weight:
        return None
    is_outermost = _nearest_kernel(call.parent) is None
    prefix = "<IPI> " if mark.kind == "irq" and is_outermost else ""
    shown = [_short(text) for name, text in call.arguments if name not in CONTEXT_ARGUMENTS]
    result = f" = {call.result}" if call.result and not (call.events or call.children) else ""
    return Line(
        mark.step,
        mark.task,
        mark.cpu,
        _callers(call.parent),
        f"{prefix}{call.function}({', '.join(shown)}){result}",
        call.weight,
        f"{prefix}{call.function}()",
    )


def _event_line(mark: _Mark, event: Action) -> Line | None:
    if event.kind == "violation":
        where = f"{event.file.rpartition('/')[2]}:{event.line}"
        text, is_note, weight = f"{event.text}, {where}", True, Weight.DECISIVE
    else:
        wording = event_wording(event.text, event.arguments)
        text, is_note, weight = wording.text, wording.is_note, wording.weight
    if not weight:
        return None
    shown = f"[ {text} ]" if is_note else text
    callers = _callers(mark.call)
    return Line(mark.step, mark.task, mark.cpu, callers, shown, weight, is_note=is_note)


def _short(text: str) -> str:
    """Name a lock as kernel code does: `mm 0.page_table_lock` is `ptl`."""
    field_name = text.rpartition(".")[2]
    return LOCK_NAMES.get(field_name, field_name)


def _callers(call: _Call | None) -> tuple[Weight, ...]:
    """Return the weights of the calls with a line, from the outermost to this one."""
    weights: list[Weight] = []
    while call is not None:
        if call.is_kernel and call.weight:
            weights.append(call.weight)
        call = call.parent
    return tuple(reversed(weights))


def _nearest_kernel(call: _Call | None) -> _Call | None:
    while call is not None and not call.is_kernel:
        call = call.parent
    return call
