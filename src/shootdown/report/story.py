# SPDX-License-Identifier: MIT
"""From steps to lines: which calls and events of an execution a reader should see, in order.

A call is announced where it first touches shared state, so that a lock call stands where the
lock was taken, and not where its caller finished its local work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shootdown.execution import Action, Step
from shootdown.report.calls import Call, Follower, Mark
from shootdown.report.facts import short_name
from shootdown.report.wording import (
    BLOCKS,
    COVERED,
    HARDWARE_CALLS,
    PLUMBING,
    STATEMENTS,
    THIN,
    Weight,
    Wording,
    argument_text,
    event_wording,
    lock_name,
)

__all__ = ["Line", "at_least", "event_weight", "tell"]

_ADDRESSES = ("a", "addr", "address")
_MODEL_FOLDERS = ("hw/", "invariants/", "linux/")


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


def tell(
    steps: Sequence[Step],
    *,
    before: Sequence[Step] = (),
    stuck: Sequence[Step] = (),
) -> list[Line]:
    """Return every line worth showing; callers drop the lightest where space is short."""
    follower = Follower()
    follower.learn(before)
    for number, step in enumerate(steps):
        follower.follow(number, step)
    for step in stuck:
        follower.wait(len(steps), step)
    marks = _without_repeats(_with_silent_interrupts(follower.marks))
    _weigh(follower, marks)
    names = _lock_names(follower)
    lines = [line for mark in marks if (line := _line(mark, names)) is not None]
    return _with_task_names(_marked_interrupts(lines, steps), steps)


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
        case "violation" if action.depth:
            return Weight.DECISIVE
        case "event":
            return event_wording(action.text, action.arguments).weight
        case _:
            return Weight.HIDDEN


def _with_silent_interrupts(marks: Sequence[Mark]) -> list[Mark]:
    """Say of an interrupt in which nothing happens that it flushes nothing."""
    told = {mark.step for mark in marks if mark.note is not None}
    whole: list[Mark] = []
    for mark in marks:
        whole.append(mark)
        if mark.kind == "irq" and mark.step not in told:
            told.add(mark.step)
            whole.append(replace(mark, note=Wording("flushes nothing")))
    return whole


def _without_repeats(marks: Sequence[Mark]) -> list[Mark]:
    """Drop notes that the next one of the task repeats, and join flushes of neighbours."""
    kept: list[Mark] = []
    last: dict[str, Mark] = {}
    decided = {m.step for m in marks if m.note and m.note.weight == Weight.DECISIVE}
    for mark in marks:
        if mark.note is None:
            kept.append(mark)
            continue
        if mark.note.is_aside and mark.step in decided:
            continue
        before = last.get(mark.task)
        if before is not None and _is_repeated(before, mark):
            kept.remove(before)
        elif before is not None and before is _last_note(kept) and _is_next_flush(before, mark):
            kept.remove(before)
            mark = _joined_flush(before, mark)
        kept.append(mark)
        last[mark.task] = mark
    return kept


def _last_note(marks: Sequence[Mark]) -> Mark | None:
    return next((mark for mark in reversed(marks) if mark.note is not None), None)


def _is_repeated(before: Mark, mark: Mark) -> bool:
    """Tell whether a note says again what a look at an entry just said."""
    if before.event is not None or before.note is None or mark.note is None:
        return False
    entry = dict(mark.event.arguments).get("entry", "") if mark.event else ""
    is_look = bool(entry) and before.note.text.startswith(f"{entry}: ")
    return before.note.text == mark.note.text or is_look


def _is_next_flush(before: Mark, mark: Mark) -> bool:
    if before.event is None or mark.event is None:
        return False
    if (before.event.text, mark.event.text) != ("tlb_flushed", "tlb_flushed"):
        return False
    return dict(before.event.arguments).get("end") == dict(mark.event.arguments).get("start")


def _joined_flush(before: Mark, mark: Mark) -> Mark:
    assert before.event is not None
    assert mark.event is not None
    start = dict(before.event.arguments)["start"]
    end = dict(mark.event.arguments)["end"]
    said = {"start": start, "end": end, "flushed": f"TLB {start}..{int(end) - 1}"}
    known = tuple((dict(mark.event.arguments) | said).items())
    event = replace(mark.event, arguments=known)
    return replace(before, event=event, note=event_wording("tlb_flushed", known))


def _weigh(follower: Follower, marks: Sequence[Mark]) -> None:
    """Decide which calls are lines: those with something to say inside, and the boundaries."""
    for mark in marks:
        if mark.note is not None and mark.call is not None:
            mark.call.notes += 1
    relevant = _relevant_locks(follower)
    disabled = _last_disabled(follower) if follower.broken == "deadlock" else []
    for call in reversed(follower.calls):  # callees come after their callers
        if not call.is_announced:
            continue
        if call.function in HARDWARE_CALLS:
            call.weight = Weight.USEFUL if call in disabled else Weight.HIDDEN
        elif call.lock:
            call.weight = _lock_weight(call, follower, relevant)
        else:
            call.weight = _call_weight(call)
        caller = call.caller
        if caller is not None:
            caller.shown += [call] if call.weight else call.shown
            caller.notes += 0 if call.weight else call.notes


def _relevant_locks(follower: Follower) -> set[str]:
    """Return the locks that what broke is about."""
    held = [item for locks in follower.held.values() for item in locks]
    match follower.broken:
        case "deadlock":
            return follower.waits
        case "lock_misuse":
            return {lock for lock, _ in held}
        case "sleep_in_atomic":
            return {lock for lock, call in held if "sem" not in dict(call.arguments)}
    return set()


def _last_disabled(follower: Follower) -> list[Call]:
    """Return the calls that disabled interrupts for good, as far as the execution goes."""
    last: dict[str, Call] = {}
    for mark in follower.marks:
        if mark.note is None and mark.call and mark.call.function in HARDWARE_CALLS:
            last[mark.task] = mark.call
    return [call for call in last.values() if call.function == "hw_irqs_off"]


def _lock_weight(call: Call, follower: Follower, relevant: set[str]) -> Weight:
    """Show the locks of page tables, pages that several tasks lock, and what is relevant."""
    caller = call.caller
    is_inner = caller is not None and caller.lock == call.lock
    if caller is not None and is_inner:
        caller.has_event |= call.has_event
    if call.is_irq or is_inner or _is_hidden_by_caller(call):
        return Weight.HIDDEN
    is_contended = call.lock.startswith("lock of ") and len(follower.users.get(call.lock, ())) > 1
    if call.lock.endswith(".ptl") or is_contended or call.lock in relevant or call.has_event:
        return Weight.USEFUL
    return Weight.HIDDEN


def _call_weight(call: Call) -> Weight:
    if call.is_irq or _is_hidden_by_caller(call):
        return Weight.HIDDEN
    if call.caller is None:
        return Weight.HIDDEN if call.function.startswith("sd_") else Weight.DECISIVE
    if call.function in STATEMENTS:
        return STATEMENTS[call.function]
    if call.function in BLOCKS:
        return Weight.DECISIVE if _has_content(call) else Weight.HIDDEN
    if call.file and not call.file.startswith(_MODEL_FOLDERS):
        return Weight.USEFUL  # what the reader has written, or what is planted
    is_named = call.function not in PLUMBING and not call.function.startswith("sd_")
    return Weight.USEFUL if call.has_event and is_named else Weight.HIDDEN


def _is_hidden_by_caller(call: Call) -> bool:
    caller = call.caller
    covers = COVERED.get(call.function, ())
    if caller is None:
        return False
    return caller.is_inside(*covers) or (not call.has_event and caller.is_inside(*STATEMENTS))


def _has_content(call: Call) -> bool:
    if call.notes == 0 and len(call.shown) == 1:
        return call.shown[0].function not in THIN.get(call.function, ())
    return call.notes > 0 or bool(call.shown)


def _lock_names(follower: Follower) -> dict[tuple[str, str], str]:
    """Name the locks as their functions do; those of the same name say whose they are, too."""
    alike: dict[str, set[str]] = {}
    for call in follower.calls:
        if call.lock:
            alike.setdefault(call.lock.rpartition(".")[2], set()).add(call.lock)
    names: dict[tuple[str, str], str] = {}
    for call in follower.calls:
        if not call.lock:
            continue
        owner, _, field = call.lock.rpartition(".")
        owners = {lock: _owner(lock.rpartition(".")[0], follower) for lock in alike[field]}
        is_clear = len(set(owners.values())) == len(owners)
        whose = "" if len(owners) == 1 else owners[call.lock] if is_clear else short_name(owner)
        names[call.function, call.lock] = lock_name(call.function, call.lock, whose=whose)
    return names


def _owner(text: str, follower: Follower) -> str:
    """Say whose a lock is: that of a page table is its address space's."""
    kind, _, number = text.partition(" ")
    return follower.owners.get(number, text) if kind == "ptdesc" else short_name(text)


def _line(mark: Mark, names: dict[tuple[str, str], str]) -> Line | None:
    call = mark.call
    if mark.note is not None:
        if not mark.note.weight:
            return None
        text = f"[ {mark.note.text} ]" if mark.note.is_note else mark.note.text
        is_note = mark.note.is_note
        callers = _callers(call)
        return Line(
            mark.step, mark.task, mark.cpu, callers, text, mark.note.weight, is_note=is_note
        )
    assert call is not None, "a mark is a call or a note"
    if not call.weight:
        return None
    name = HARDWARE_CALLS.get(call.function, call.function)
    has_address = any(argument in _ADDRESSES for argument, _ in call.arguments)
    shown = []
    for argument, text in call.arguments:
        if argument in ("lock", "sem"):
            shown.append(names.get((call.function, text), text))
        elif not (has_address and argument in ("pte", "ptep")):
            shown.append(argument_text(argument, text))
    arguments = ", ".join(text for text in shown if text)
    least = arguments.partition(" of ")[0] if call.lock else ""
    return Line(
        mark.step,
        mark.task,
        mark.cpu,
        _callers(call.parent),
        f"{name}({arguments})",
        call.weight,
        f"{name}({least})",
    )


def _marked_interrupts(lines: Sequence[Line], steps: Sequence[Step]) -> list[Line]:
    """Show by `<IPI>` which lines are an interrupt's."""
    marked: list[Line] = []
    seen: set[int] = set()
    for line in lines:
        if line.step < len(steps) and steps[line.step].kind == "irq":
            is_first = line.step not in seen
            seen.add(line.step)
            text = f"<IPI> {line.text}" if is_first else line.text
            line = replace(line, text=text, is_note=line.is_note and not is_first)
        marked.append(line)
    return marked


def _with_task_names(lines: Sequence[Line], steps: Sequence[Step]) -> list[Line]:
    """Say who runs, where a CPU has several tasks."""
    tasks: dict[int, set[str]] = {}
    for step in steps:
        if step.kind in ("kernel", "user"):
            tasks.setdefault(step.cpu, set()).add(step.task)
    running: dict[int, str] = {}
    named: list[Line] = []
    for line in lines:
        known = tasks.get(line.cpu, set())
        if len(known) > 1 and line.task in known and running.get(line.cpu) != line.task:
            running[line.cpu] = line.task
            text = f"{line.task}:"
            named.append(Line(line.step, line.task, line.cpu, (), text, Weight.DECISIVE))
        named.append(line)
    return named


def _callers(call: Call | None) -> tuple[Weight, ...]:
    """Return the weights of the calls with a line, from the outermost to this one."""
    weights: list[Weight] = []
    while call is not None:
        if call.weight:
            weights.append(call.weight)
        call = call.parent
    return tuple(reversed(weights))
