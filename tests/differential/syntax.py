# SPDX-License-Identifier: MIT
"""Small random programs: what they are made of, and their text in the model language.

Expressions over local variables are kept as text: the model language and Python agree on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "LOCALS",
    "Assert",
    "Atomic",
    "Call",
    "Choose",
    "Delete",
    "For",
    "Function",
    "If",
    "IfShared",
    "Keep",
    "Load",
    "Lock",
    "Match",
    "New",
    "Place",
    "Program",
    "Return",
    "Set",
    "Statement",
    "Store",
    "Task",
    "Test",
    "Try",
    "Unlock",
    "Wait",
    "While",
    "render",
]

LOCALS = ("v0", "v1", "v2")

HEAD = """NAME = "random"
small = Annotated[int, upto(3)]

@struct
class spinlock_t:
    owner: Annotated[int, upto(NR_TASKS)]

@struct(count=1)
class shared:
    x0: small
    x1: small
    a: Array[small] = array(2)

@struct(count=2)
class cell:
    v: small
    lock: spinlock_t
    g: small = guarded_by("lock")

@struct(count=2, alloc=True)
class buffer:
    n: small

@struct
class gather:
    kept: small

def lock(c: Ref[cell]) -> None:
    with atomic():
        wait_until(c.lock.owner == 0)
        c.lock.owner = this_task() + 1

def unlock(c: Ref[cell]) -> None:
    with atomic():
        check(c.lock.owner == this_task() + 1, "lock_misuse")
        c.lock.owner = 0

def trylock(c: Ref[cell]) -> small:
    with atomic():
        if c.lock.owner != 0:
            return 0
        c.lock.owner = this_task() + 1
        return 1

@final
def look() -> None:
    s = record(shared, 0)
    check(s.x0 + s.x1 + s.a[0] + s.a[1] < 99, "none")
    for i in range(2):
        c = record(cell, i)
        check(c.v + c.g + c.lock.owner + record(buffer, i).n < 99, "none")
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A shared field; those of arrays and pools have an index: an expression over locals."""

    name: str
    index: str = "0"

    def __str__(self) -> str:
        match self.name:
            case "a":
                return f"record(shared, 0).a[{self.index}]"
            case "v" | "g":
                return f"record(cell, {self.index}).{self.name}"
            case "owner":
                return f"record(cell, {self.index}).lock.owner"
            case "n":
                return "p.n"
        return f"record(shared, 0).{self.name}"


@dataclass(frozen=True, slots=True)
class Set:
    """`target = value`."""

    target: str
    value: str


@dataclass(frozen=True, slots=True)
class Load:
    """`target = place`."""

    target: str
    place: Place


@dataclass(frozen=True, slots=True)
class Store:
    """`place = value`, or with `adds` the sum of the place and the value, modulo 4."""

    place: Place
    value: str
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Choose:
    """`target = choose(ways)`."""

    target: str
    ways: int


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison of a place with a number."""

    place: Place
    op: str
    number: int

    def __str__(self) -> str:
        return f"{self.place} {self.op} {self.number}"


@dataclass(frozen=True, slots=True)
class Wait:
    """`wait_until(test)`."""

    test: Test


@dataclass(frozen=True, slots=True)
class Lock:
    """`lock(cell index)`."""

    index: int


@dataclass(frozen=True, slots=True)
class Unlock:
    """`unlock(cell index)`."""

    index: int


@dataclass(frozen=True, slots=True)
class Try:
    """`target = trylock(cell index)`."""

    target: str
    index: int


@dataclass(frozen=True, slots=True)
class New:
    """`p = new(buffer)`."""


@dataclass(frozen=True, slots=True)
class Delete:
    """`delete(p)`."""


@dataclass(frozen=True, slots=True)
class Keep:
    """`t.kept = value`, then `target = t.kept`: a round trip through a local record."""

    target: str
    value: str


@dataclass(frozen=True, slots=True)
class Assert:
    """`assert condition`."""

    condition: str


@dataclass(frozen=True, slots=True)
class Atomic:
    """`with atomic():`."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    """`if condition: ... else: ...` over locals."""

    condition: str
    yes: tuple[Statement, ...]
    no: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class IfShared:
    """`if test and test: ...`, or with `or`; evaluates no more than it must."""

    tests: tuple[Test, ...]
    word: str
    yes: tuple[Statement, ...]
    no: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """`match subject:` with a body for each of 0 and 1, and one for the rest."""

    subject: str
    bodies: tuple[tuple[Statement, ...], ...]


@dataclass(frozen=True, slots=True)
class For:
    """`for name in range(times):`; nested loops have names of their own."""

    name: str
    times: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class While:
    """`while target < 3:`, the target growing at the end of each round; leaves by a test, too."""

    target: str
    body: tuple[Statement, ...]
    leave: str


@dataclass(frozen=True, slots=True)
class Call:
    """`target = f(arguments)`."""

    target: str
    function: str
    arguments: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`."""

    value: str


Statement = (
    Set
    | Load
    | Store
    | Choose
    | Wait
    | Lock
    | Unlock
    | Try
    | New
    | Delete
    | Keep
    | Assert
    | Atomic
    | If
    | IfShared
    | Match
    | For
    | While
    | Call
    | Return
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of two small numbers that returns one."""

    name: str
    body: tuple[Statement, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task: kernel code that ends, or user code that repeats an atomic block for ever."""

    name: str
    kind: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """Functions, in an order in which each calls earlier ones only, and tasks."""

    functions: tuple[Function, ...]
    tasks: tuple[Task, ...]


def render(program: Program) -> str:
    """Return the text of a program."""
    lines: list[str] = [HEAD]
    for function in program.functions:
        lines.append(f"def {function.name}(v0: small, v1: small) -> small:")
        lines += _variables(function.body, given=2)
        lines += _block(function.body, 1)
        lines += [f"    return {function.result}", ""]
    for number, task in enumerate(program.tasks):
        lines.append(f'@task(cpu={number}, kind="{task.kind}")')
        lines.append(f"def {task.name}() -> None:")
        lines += _variables(task.body, given=0)
        if task.kind == "user":
            lines += ["    while True:", "        rest()"]
            lines += _block(task.body, 2)
        else:
            lines += _block(task.body, 1) or ["    pass"]
        lines.append("")
    return "\n".join(lines)


def _variables(body: Sequence[Statement], *, given: int) -> list[str]:
    lines = [f"    {name}: small = 0" for name in LOCALS[given:]]
    text = repr(body)
    if "New(" in text or "Delete(" in text or "name='n'" in text:
        lines.append("    p: Ref[buffer] = NULL")
    if "Keep(" in text:
        lines.append("    t = local(gather)")
    return lines


def _block(body: Sequence[Statement], depth: int) -> list[str]:
    lines = []
    for statement in body:
        lines += ["    " * depth + line for line in _lines(statement)]
    return lines


def _lines(statement: Statement) -> list[str]:
    match statement:
        case Set(target, value):
            return [f"{target} = {value}"]
        case Load(target, place):
            return [f"{target} = {place}"]
        case Store(place, value, adds):
            return [f"{place} = ({place} + {value}) & 3" if adds else f"{place} = {value}"]
        case Choose(target, ways):
            return [f"{target} = choose({ways})"]
        case Wait(test):
            return [f"wait_until({test})"]
        case Lock(index):
            return [f"lock(record(cell, {index}))"]
        case Unlock(index):
            return [f"unlock(record(cell, {index}))"]
        case Try(target, index):
            return [f"{target} = trylock(record(cell, {index}))"]
        case New():
            return ["p = new(buffer)"]
        case Delete():
            return ["delete(p)"]
        case Keep(target, value):
            return [f"t.kept = {value}", f"{target} = t.kept"]
        case Assert(condition):
            return [f"assert {condition}"]
        case Call(target, function, arguments):
            return [f"{target} = {function}({', '.join(arguments)})"]
        case Return(value):
            return [f"return {value}"]
    return _nested(statement)


def _nested(statement: Statement) -> list[str]:
    match statement:
        case Atomic(body):
            return ["with atomic():", *_inner(body)]
        case If(condition, yes, no):
            return [f"if {condition}:", *_inner(yes), "else:", *_inner(no)]
        case IfShared(tests, word, yes, no):
            joined = f" {word} ".join(str(test) for test in tests)
            return [f"if {joined}:", *_inner(yes), "else:", *_inner(no)]
        case Match(subject, bodies):
            lines = [f"match {subject}:"]
            for number, body in enumerate(bodies):
                lines.append("    case _:" if number == len(bodies) - 1 else f"    case {number}:")
                lines += ["    " + line for line in _inner(body)]
            return lines
        case For(name, times, body):
            return [f"for {name} in range({times}):", *_inner(body)]
        case While(target, body, leave):
            head = [f"while {target} < 3:", *_inner(body)]
            return [*head, f"    if {leave}:", "        break", f"    {target} = {target} + 1"]
    raise AssertionError(statement)


def _inner(body: Sequence[Statement]) -> list[str]:
    return _block(body, 1) or ["    pass"]
