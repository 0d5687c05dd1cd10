# SPDX-License-Identifier: MIT
"""Random programs: small enough to enumerate, with all that may interfere.

Most are drawn evenly, from one number that Hypothesis gives; the others decision by decision,
which varies less but lets Hypothesis show a small program when one fails.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.differential import syntax as s

__all__ = ["programs"]

FIELDS = ("x0", "x0", "x0", "x1", "a", "v")
MASKED = "({}) & 3"
VALUES = (
    *("{0}", "{1}", "1", "2", "{0} + {1}", "{0} + 1", "{0} - {1}", "{0} * {1}", "{0} ^ {1}"),
    *("{0} | {1}", "{0} // 2", "({0} - 3) // 2", "({0} - {1}) % 3", "{0} << 1", "{0} >> 1"),
    *("~{0}", "{0} if {1} else 2", "-{0}"),
)
CONDITIONS = (
    *("{0} == {1}", "{0} < 2", "{0} != 0", "{0}", "not {0}", "{0} >= {1}"),
    *("{0} == 1 or {1} > 1", "{0} and {1} <= 2", "0 < {0} <= {1}"),
)


T = TypeVar("T")


class Source(Protocol):
    """Where decisions come from."""

    def number(self, low: int, high: int) -> int: ...

    def pick(self, words: Sequence[T]) -> T: ...


class Drawn:
    """Decisions that Hypothesis takes one by one."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def pick(self, words: Sequence[T]) -> T:
        return self.draw(st.sampled_from(words))


class Even:
    """Decisions that are all equally likely."""

    def __init__(self, number: int) -> None:
        self.random = random.Random(number)

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def pick(self, words: Sequence[T]) -> T:
        return self.random.choice(words)


def values(source: Source, *, wild: bool = False) -> str:
    """Make an expression over the locals, from 0 to 3 unless `wild`."""
    left = source.pick(s.LOCALS)
    right = source.pick([*s.LOCALS, "1", "2", "3"])
    form = source.pick(VALUES)
    text = form.format(left, right)
    if wild and source.number(0, 5) == 0:
        return text
    return MASKED.format(text)


def conditions(source: Source) -> str:
    """Make a condition over the locals."""
    one, two = (source.pick(s.LOCALS) for _ in range(2))
    form = source.pick(CONDITIONS)
    return form.format(one, two)


def places(source: Source) -> s.Place:
    """Make a place that needs no lock."""
    name = source.pick(FIELDS)
    if name in ("x0", "x1"):
        return s.Place(name)
    index = source.pick(["0", "0", "1", "v0 & 1", "v1 & 1", "v2"])
    return s.Place(name, index)


def tests(source: Source) -> s.Test:
    """Make a test of a place."""
    op = source.pick(["==", "!=", "<", ">="])
    return s.Test(places(source), op, source.number(0, 2))


class Maker:
    """Makes the statements of one function; `free` are the locals that it may set."""

    def __init__(self, source: Source, callable_: tuple[str, ...], *, chooses: bool) -> None:
        self.source = source
        self.callable = callable_
        self.chooses = chooses
        self.in_atomic = False
        self.free: tuple[str, ...] = s.LOCALS
        self.depth = 0

    def number(self, low: int, high: int) -> int:
        return self.source.number(low, high)

    def target(self) -> str:
        return self.source.pick(self.free)

    def block(self, least: int, most: int) -> tuple[s.Statement, ...]:
        found: list[s.Statement] = []
        for _ in range(self.number(least, most)):
            found += self.statements()
        return tuple(found)

    def statements(self) -> list[s.Statement]:
        """Draw a statement, or some that belong together."""
        kind = self.number(0, 39)
        if kind < 9:
            return [s.Load(self.target(), places(self.source))]
        if kind < 18:
            adds = self.number(0, 2) == 0
            value = values(self.source, wild=not adds)
            return [s.Store(places(self.source), value, adds)]
        if kind < 21:
            return [s.Set(self.target(), values(self.source, wild=True))]
        if kind < 24:
            return self.locked()
        if kind < 26:
            return self.memory()
        if kind == 26 and self.chooses and not self.in_atomic:
            return [s.Choose(self.target(), self.number(2, 3))]
        if kind < 29 and self.callable:
            name = self.source.pick(self.callable)
            arguments = (values(self.source, wild=True), values(self.source))
            return [s.Call(self.target(), name, arguments)]
        if kind == 29:
            return [s.Keep(self.target(), values(self.source))]
        if kind == 30 and self.number(0, 1):
            return [s.Assert(f"{conditions(self.source)} or v0 < 3")]
        if kind == 31:
            return [s.Wait(tests(self.source))]
        if kind == 32 and self.number(0, 3) == 0:
            place = s.Place("g", self.source.pick(["0", "1"]))
            return [s.Load(self.target(), place)]
        return [self.nested(kind)]

    def locked(self) -> list[s.Statement]:
        index = self.number(0, 1)
        guarded = s.Place("g", str(index))
        inner: list[s.Statement] = []
        if self.number(0, 1):
            inner.append(s.Load(self.target(), guarded))
        inner += self.block(0, 1)
        if self.number(0, 1):
            inner.append(s.Store(guarded, values(self.source), adds=bool(self.number(0, 1))))
        form = self.number(0, 9)
        if form == 0:
            return [s.Lock(index), *inner]
        if form == 1:
            return [s.Unlock(index)]
        if form < 4:
            name = self.target()
            yes = (*inner, s.Unlock(index))
            return [s.Try(name, index), s.If(f"{name} == 1", yes, ())]
        return [s.Lock(index), *inner, s.Unlock(index)]

    def memory(self) -> list[s.Statement]:
        place = s.Place("n")
        found: list[s.Statement] = [s.New()]
        if self.number(0, 1):
            found.append(s.Store(place, values(self.source)))
        if self.number(0, 3):
            found.append(s.Load(self.target(), place))
        if self.number(0, 3):
            found.append(s.Delete())
        return found[1:] if self.number(0, 9) == 0 else found

    def nested(self, kind: int) -> s.Statement:
        if self.depth >= 2:
            return s.Load(self.target(), places(self.source))
        self.depth += 1
        try:
            if kind < 35:
                return self.atomic()
            if kind == 35:
                return s.If(conditions(self.source), self.block(0, 2), self.block(0, 1))
            if kind == 36:
                checked = tuple(tests(self.source) for _ in range(self.number(1, 2)))
                word = self.source.pick(["and", "or"])
                return s.IfShared(checked, word, self.block(0, 2), self.block(0, 1))
            if kind == 37:
                bodies = tuple(self.block(0, 1) for _ in range(3))
                return s.Match(self.source.pick(s.LOCALS), bodies)
            if kind == 38:
                times = self.source.pick(["2", "1", "v0 & 1"])
                return s.For(f"i{self.depth}", times, self.block(1, 1))
            return self.loop()
        finally:
            self.depth -= 1

    def atomic(self) -> s.Statement:
        outside, self.in_atomic = self.in_atomic, True
        body = self.block(1, 3)
        self.in_atomic = outside
        if not outside and self.chooses and self.number(0, 3) == 0:
            body = (s.Choose(self.target(), 2), *body)
        return s.Atomic(body)

    def loop(self) -> s.Statement:
        if len(self.free) == 1:
            return s.Set(self.target(), "0")
        name, outside = self.target(), self.free
        self.free = tuple(other for other in outside if other != name)
        body = self.block(1, 1)
        self.free = outside
        return s.While(name, body, conditions(self.source))


def make(source: Source) -> s.Program:
    """Make a program of two or three tasks and up to two functions."""
    functions: list[s.Function] = []
    for number in range(source.number(0, 2)):
        known = tuple(function.name for function in functions)
        maker = Maker(source, known, chooses=False)
        body = maker.block(1, 2)
        if source.number(0, 2) == 0:
            early = s.If(conditions(source), (s.Return(values(source)),), ())
            body = (early, *body)
        functions.append(s.Function(f"f{number}", body, values(source, wild=True)))
    known = tuple(function.name for function in functions)
    tasks = []
    for number in range(source.pick([2, 2, 2, 3])):
        kind = source.pick(["kernel", "kernel", "kernel", "user"])
        maker = Maker(source, known, chooses=True)
        if kind == "user":
            maker.depth = 1
            body = (maker.atomic(),)
        else:
            body = maker.block(2, 5 if number < 2 else 2)
        tasks.append(s.Task(f"task{number}", kind, body))
    return s.Program(tuple(functions), tuple(tasks))


@st.composite
def programs(draw: DrawFn) -> s.Program:
    """Draw a program."""
    if draw(st.integers(0, 3)) == 0:
        return make(Drawn(draw))
    return make(Even(draw(st.integers(0, 2**48))))
