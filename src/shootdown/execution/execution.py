# SPDX-License-Identifier: MIT
"""An execution: the schedule that determines it, and what each of its steps let the world see."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Action", "Event", "Execution", "Frame", "Step"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a step lets the world see.

    `arguments` are (name, text) pairs in declaration order; `depth` is the length of the call
    stack when it happened.
    """

    name: str
    arguments: tuple[tuple[str, str], ...]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One active call: the function, where it stands, and its arguments as text."""

    function: str
    file: str
    line: int
    arguments: tuple[tuple[str, str], ...] = ()
    is_kernel: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """A thing that happened inside a step, in order.

    `kind` is `call` (a function was entered), `return` (`text` is the value, if it is known),
    `access` (shared memory was read or written: `text` is the source line), `event` (`text` is
    its name), or `violation` (the step broke an invariant: `text` names it, `arguments` are those
    of the event it was found at). `function` is the one entered or left, else the one it happened
    in. `arguments` are (name, text) pairs; a reference's text is `page 0`, or `NULL`. Events that
    concern a page-table entry name it as their last argument, `entry`: `pte 0 of mm_struct 1`.
    """

    kind: str
    function: str
    file: str
    line: int
    depth: int
    text: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    is_kernel: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One atomic action of one task.

    `task` is its name, `cpu` its processor, `kind` one of kernel, user, mmu, irq, device.
    `choice` is the alternative taken. `stack` is the call stack, outermost first, where the step
    began; `actions` is what happened, in order; `text` is the source line it began at.
    """

    task: str
    kind: str
    cpu: int
    choice: int
    file: str
    line: int
    text: str
    stack: tuple[Frame, ...] = ()
    actions: tuple[Action, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def function(self) -> str:
        """The function in which the step began."""
        return self.stack[-1].function if self.stack else ""

    @property
    def events(self) -> tuple[Action, ...]:
        """The events of the step."""
        return tuple(action for action in self.actions if action.kind == "event")


@dataclass(frozen=True, slots=True)
class Execution:
    """A setup followed by steps; `schedule` alone, with the program, determines all of it.

    `stuck` says where the tasks stand that wait for ever, if it ends in a deadlock.
    """

    scenario: str
    kernel: str
    cpus: int
    schedule: tuple[tuple[int, int], ...]
    before: tuple[Step, ...]
    steps: tuple[Step, ...]
    stuck: tuple[Step, ...] = ()
