# SPDX-License-Identifier: MIT
"""Following every task's calls through the steps: what becomes visible, and who holds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shootdown.execution import Action, Step
from shootdown.report.facts import short_name
from shootdown.report.wording import (
    COVERED,
    HARDWARE_CALLS,
    LOCK_WRAPPERS,
    RESULTS,
    TRANSPARENT,
    VIOLATIONS,
    Weight,
    Wording,
    entry_text,
    event_wording,
)

__all__ = ["Call", "Follower", "Mark"]

_PAGE_LOCKS = {"folio_lock": True, "folio_unlock": False}
_MKCLEAN = ("folio_mkclean", "page_mkclean")


@dataclass(slots=True, eq=False)
class Call:
    """A call under construction; only kernel functions become lines."""

    function: str
    arguments: tuple[tuple[str, str], ...]
    is_kernel: bool
    parent: Call | None
    file: str = ""
    is_irq: bool = False
    lock: str = ""
    """The lock that it takes or releases, or waits for."""
    is_announced: bool = False
    shown: list[Call] = field(default_factory=list)
    notes: int = 0
    has_event: bool = False
    weight: Weight = Weight.HIDDEN

    @property
    def kernel(self) -> Call | None:
        """The innermost kernel function, from here outwards."""
        call: Call | None = self
        while call is not None and not call.is_kernel:
            call = call.parent
        return call

    @property
    def caller(self) -> Call | None:
        """The kernel function that this one was called from."""
        return self.parent.kernel if self.parent else None

    def is_inside(self, *functions: str) -> bool:
        """Tell whether it or one of its callers is among the functions."""
        call: Call | None = self
        while call is not None:
            if call.function in functions:
                return True
            call = call.parent
        return False


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the story: a call that becomes visible, or a note on something inside one."""

    step: int
    task: str
    kind: str
    cpu: int
    call: Call | None
    note: Wording | None = None
    event: Action | None = None


@dataclass(slots=True)
class Follower:
    """Follows every task's call stack through the steps and notes what becomes visible."""

    stacks: dict[str, list[Call]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    held: dict[str, list[tuple[str, Call]]] = field(default_factory=dict)
    """The locks of each task."""
    users: dict[str, set[str]] = field(default_factory=dict)
    """The tasks of each lock."""
    waits: set[str] = field(default_factory=set)
    """The locks that a stuck task waits for."""
    broken: str = ""
    """The invariant that the execution breaks."""
    owners: dict[str, str] = field(default_factory=dict)
    """The address space of each page table, if there are several."""
    asked: dict[int, set[str]] = field(default_factory=dict)
    """The CPUs that have not acknowledged an interrupt, by its sender."""

    def learn(self, before: Sequence[Step]) -> None:
        """Take from the setup whose the page tables are."""
        for step in before:
            for action in step.actions:
                if action.kind == "event":
                    self._own(dict(action.arguments))

    def _own(self, known: dict[str, str]) -> None:
        owner = known.get("entry", "").partition(" of ")[2]
        if owner and "table" in known:
            self.owners[known["table"]] = owner

    def follow(self, number: int, step: Step) -> None:
        """Take a step's actions in."""
        stack = self._synchronize(step)
        if not step.actions:
            self._announce(number, step, stack)
        count = len(self.marks)
        for action in step.actions:
            match action.kind:
                case "call":
                    is_known = action.is_kernel or action.function in HARDWARE_CALLS
                    self._push(step, stack, action.function, action.arguments, is_known)
                case "return":
                    self._announce(number, step, stack)
                    if stack:
                        self._leave(number, step, stack.pop(), action)
                case "access":
                    self._announce(number, step, stack)
                case "violation":
                    self._violation(number, step, stack, action, count)
                case _:
                    self._event(number, step, stack, action)

    def wait(self, number: int, step: Step) -> None:
        """Say what a stuck task waits for, at the end of its lines."""
        stack = self._synchronize(step)
        for call in stack:
            if call.lock:
                self.waits.add(call.lock)
        self._announce(number, step, stack)
        lock = next((call.lock for call in stack if call.lock), "")
        owners = [task for task, locks in self.held.items() if lock in {text for text, _ in locks}]
        asked = sorted(self.asked.get(step.cpu, ()))
        text = "waits for ever"
        if lock and owners:
            text = f"waits: {', '.join(owners)} holds it"
        elif asked:
            text = f"waits: IPI to {', '.join(asked)} pending"
        self._note(number, step, stack, Wording(text))

    def _synchronize(self, step: Step) -> list[Call]:
        """Make our stack equal to the one that the step says it began with."""
        stack = self.stacks.setdefault(step.task, [])
        same = 0
        for ours, frame in zip(stack, step.stack, strict=False):
            if ours.function != frame.function:
                break
            ours.file = frame.file
            same += 1
        del stack[same:]
        for frame in step.stack[same:]:
            is_known = frame.is_kernel or frame.function in HARDWARE_CALLS
            self._push(step, stack, frame.function, frame.arguments, is_known)
            stack[-1].file = frame.file
        return stack

    def _push(
        self,
        step: Step,
        stack: list[Call],
        function: str,
        arguments: tuple[tuple[str, str], ...],
        is_kernel: bool,
    ) -> None:
        call = Call(function, arguments, is_kernel, stack[-1] if stack else None)
        call.is_irq = step.kind == "irq"
        call.lock = next((text for name, text in arguments if name in ("lock", "sem")), "")
        if function in _PAGE_LOCKS:
            call.lock = f"lock of {dict(arguments).get('folio', 'page')}"
        if call.lock and call.parent and call.parent.function in LOCK_WRAPPERS:
            call.parent.lock = call.lock
        self.calls.append(call)
        stack.append(call)

    def _announce(self, number: int, step: Step, stack: Sequence[Call]) -> None:
        for call in stack:
            if call.is_kernel and not call.is_announced:
                call.is_announced = True
                self.marks.append(Mark(number, step.task, step.kind, step.cpu, call))

    def _note(self, number: int, step: Step, stack: Sequence[Call], note: Wording) -> None:
        inside = stack[-1].kernel if stack else None
        self.marks.append(Mark(number, step.task, step.kind, step.cpu, inside, note))

    def _event(self, number: int, step: Step, stack: Sequence[Call], event: Action) -> None:
        known = dict(event.arguments)
        self._own(known)
        inside = stack[-1].kernel if stack else None
        while inside is not None and inside.function in TRANSPARENT:
            inside = inside.caller
        match event.text:
            case "lock_taken":
                self._hold(step.task, inside)
            case "lock_released":
                self._release(step.task, inside)
            case "ipi_sent":
                note = event_wording("ipi_sent", event.arguments).text
                self.asked[step.cpu] = set(note.partition("-> ")[2].split(", "))
            case "ipi_acknowledged" if known.get("sender", "").isdecimal():
                self.asked.get(int(known["sender"]), set()).discard(f"CPU{step.cpu}")
        covers = COVERED.get(event.text, ())
        if inside is not None and inside.is_inside(*covers):
            return
        wording = event_wording(event.text, event.arguments)
        if not wording.weight:
            return
        self._announce(number, step, stack)
        if inside is not None:
            inside.has_event |= wording.weight == Weight.DECISIVE
        self.marks.append(Mark(number, step.task, step.kind, step.cpu, inside, wording, event))

    def _hold(self, task: str, call: Call | None) -> None:
        if call is None:
            return
        call.lock = call.lock or dict(call.arguments).get("mapping", "") + ".i_mmap_lock"
        self.users.setdefault(call.lock, set()).add(task)
        self.held.setdefault(task, []).append((call.lock, call))

    def _release(self, task: str, call: Call | None) -> None:
        locks = self.held.get(task, [])
        for item in locks:
            if call is not None and item[0] == call.lock:
                locks.remove(item)
                return

    def _leave(self, number: int, step: Step, call: Call, action: Action) -> None:
        call.file = action.file
        if call.function in _PAGE_LOCKS:
            (self._hold if _PAGE_LOCKS[call.function] else self._release)(step.task, call)
        expected, wording = RESULTS.get(call.function, (None, None))
        if wording is None or not action.text or (expected and action.text != expected):
            return
        if wording.when == "mkclean" and not call.is_inside(*_MKCLEAN):
            return
        known = dict(call.arguments)
        text = wording.text.format(
            result=entry_text(action.text), ptep=short_name(known.get("ptep", "pte"))
        )
        inside = call if call.function in _MKCLEAN else call.caller
        note = Wording(text, wording.weight)
        self.marks.append(Mark(number, step.task, step.kind, step.cpu, inside, note))

    def _violation(
        self, number: int, step: Step, stack: Sequence[Call], action: Action, first: int
    ) -> None:
        """Note a violation that no event of its step tells; that of an end state is no step's."""
        self.broken = action.text
        if action.text == "deadlock":
            return
        told = (mark.note for mark in self.marks[first:] if mark.event and mark.note)
        if action.depth == 0 or any(note.weight == Weight.DECISIVE for note in told):
            return
        self._announce(number, step, stack)
        held = [text for text, _ in self.held.get(step.task, [])]
        text = VIOLATIONS.get(action.text)
        if action.text == "lock_misuse" and held and not any(call.is_kernel for call in stack):
            text = f"returns with {', '.join(lock.rpartition('.')[2] for lock in held)} held"
        if text is None:
            text = f"check fails, {action.file.rpartition('/')[2]}:{action.line}"
        inside = stack[-1].kernel if stack else None
        if inside is not None:
            inside.has_event = True
        self._note(number, step, stack, Wording(text))
