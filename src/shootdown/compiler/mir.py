# SPDX-License-Identifier: MIT
"""The intermediate code: blocks of simple instructions between scheduling points.

An operand is a `Reg` or a Python integer. `Sched` is the only place where the scheduler may
switch; it is placed by `steps.py` before each visible access, and by the lowering itself where
the language asks for one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shootdown.compiler.diagnostics import Span
from shootdown.compiler.types import Field, Struct, Type
from shootdown.compiler.world import FunctionDeclaration

__all__ = [
    "Block",
    "Branch",
    "Call",
    "CallOut",
    "Check",
    "Choose",
    "Code",
    "Compute",
    "Embed",
    "Instruction",
    "Jump",
    "Load",
    "LocalRecord",
    "Mark",
    "Operand",
    "Reg",
    "Return",
    "Sched",
    "Site",
    "Store",
    "TakeResult",
    "TaskNumber",
    "Wait",
    "Yield",
]


@dataclass(eq=False, slots=True)
class Reg:
    """A variable or an intermediate result. `kind` decides its width where it is stored."""

    name: str
    kind: Type
    is_temporary: bool = False

    def __repr__(self) -> str:
        return self.name


Operand = Reg | int


@dataclass(frozen=True, slots=True)
class Site:
    """A place where a run may fail: which property, where, in which function, and how."""

    kind: str
    span: Span
    function: str
    message: str


@dataclass(eq=False, slots=True)
class Compute:
    """`target` = `left` op `right`; op is add, sub, ..., eq, lt, ..., or `copy` (left alone)."""

    target: Reg
    op: str
    left: Operand
    right: Operand = 0


@dataclass(eq=False, slots=True)
class Load:
    """`target` = element `position` of the field, counted over all records.

    `of_guard`: it only checks that the task holds a lock.
    """

    target: Reg
    field: Field
    position: Operand
    span: Span
    atomic: bool = False
    of_guard: bool = False


@dataclass(eq=False, slots=True)
class Store:
    """Element `position` of the field = `source`; the range was checked before.

    With `takes_lock` the step goes on to the next access, with `gives_lock` it does not.
    """

    field: Field
    position: Operand
    source: Operand
    span: Span
    atomic: bool = False
    takes_lock: bool = False
    gives_lock: bool = False


@dataclass(eq=False, slots=True)
class Check:
    """Fail at `site` unless `condition`."""

    condition: Operand
    site: Site


@dataclass(eq=False, slots=True)
class Wait:
    """The step is not possible unless `condition`."""

    condition: Operand


@dataclass(eq=False, slots=True)
class Call:
    """`target` = callee(arguments)."""

    target: Reg | None
    callee: Code
    arguments: tuple[Operand, ...]
    span: Span
    atomic: bool = False


@dataclass(eq=False, slots=True)
class Choose:
    """`target` = the alternative that the scheduler took at the last scheduling point."""

    target: Reg


@dataclass(eq=False, slots=True)
class TaskNumber:
    """`target` = the number of the running task, or of its CPU."""

    target: Reg
    of: str


@dataclass(eq=False, slots=True)
class Embed:
    """`target` = reference to part `position` of an embedded record field."""

    target: Reg
    field: Field
    position: Operand


@dataclass(eq=False, slots=True)
class LocalRecord:
    """`target` = reference to the running task's record for `local(...)` number `slot`."""

    target: Reg
    struct: Struct
    code: Code
    slot: int


@dataclass(eq=False, slots=True)
class Mark:
    """An event happens: logged on replay, nothing otherwise."""

    event: FunctionDeclaration
    arguments: tuple[tuple[str, Operand], ...]
    span: Span


@dataclass(eq=False, slots=True)
class Sched:
    """A scheduling point with `alternatives` ways to go on.

    `is_rest`: the task may stay here for ever. `opens`: the step has touched nothing shared yet,
    so the first visible access after it needs no scheduling point of its own. `joins`: what
    follows is always possible, so a step that has just taken a lock goes on with it. `placed`:
    it stands before a single access, and not where the program asks for one.
    """

    span: Span
    alternatives: int = 1
    is_rest: bool = False
    opens: bool = False
    joins: bool = False
    placed: bool = False


@dataclass(eq=False, slots=True)
class Jump:
    """Go to `target`."""

    target: Block


@dataclass(eq=False, slots=True)
class Branch:
    """Go to `yes` if `condition` is not 0, else to `no`."""

    condition: Operand
    yes: Block
    no: Block


@dataclass(eq=False, slots=True)
class Return:
    """Leave the function."""

    value: Operand | None


@dataclass(eq=False, slots=True)
class Yield:
    """End the step at a scheduling point; the next one begins at `target`."""

    sched: Sched
    target: Block


@dataclass(eq=False, slots=True)
class CallOut:
    """Enter a function that has scheduling points; go on at `target` when it returns."""

    call: Call
    target: Block


@dataclass(eq=False, slots=True)
class TakeResult:
    """`target` = what the function that just returned gave back."""

    target: Reg


Instruction = (
    Compute
    | Load
    | Store
    | Check
    | Wait
    | Call
    | Choose
    | TaskNumber
    | Embed
    | LocalRecord
    | Mark
    | Sched
    | TakeResult
)
Terminator = Jump | Branch | Return | Yield | CallOut


@dataclass(eq=False, slots=True)
class Block:
    """Instructions that follow each other, then one way on."""

    number: int
    body: list[Instruction] = field(default_factory=list)
    end: Terminator | None = None
    line: int = 0

    @property
    def successors(self) -> tuple[Block, ...]:
        """The blocks that may come next."""
        end = self.end
        if isinstance(end, Branch):
            return (end.yes, end.no)
        if end is None or isinstance(end, Return):
            return ()
        return (end.target,)


@dataclass(eq=False, slots=True)
class Code:
    """One compiled function. `atomic` code has no scheduling points: it is part of a step.

    `is_plain` is found later: no scheduling point can be reached in it, so it runs as an ordinary
    call inside its caller's step. `monitor`: it watches tasks; `gate`: it decides whether they
    may move.
    """

    name: str
    declaration: FunctionDeclaration
    atomic: bool
    parameters: list[Reg] = field(default_factory=list)
    result: Type | None = None
    blocks: list[Block] = field(default_factory=list)
    locals: list[Struct] = field(default_factory=list)
    is_plain: bool = False
    monitor: bool = False
    gate: bool = False
    called: tuple[Code, ...] | None = None

    @property
    def callees(self) -> tuple[Code, ...]:
        """The functions that it calls, each where it does so last; asked of whole functions."""
        if self.called is None:
            bodies = [block.body for block in self.blocks]
            calls = [i.callee for body in bodies for i in body if isinstance(i, Call)]
            self.called = tuple(dict.fromkeys(calls[::-1]))[::-1]
        return self.called

    @property
    def entry(self) -> Block:
        """The first block."""
        return self.blocks[0]
