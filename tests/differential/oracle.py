# SPDX-License-Identifier: MIT
"""All schedules of a small program, by means that share nothing with the compiler.

A program becomes a list of Python functions for each task, with marks where the scheduler may
switch; Python itself evaluates the expressions. Every state is reached by brute force.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.differential import syntax as s

__all__ = ["Ends", "TooLargeError", "enumerate_schedules"]

Shared = dict[tuple[str, int], int]
Locals = dict[str, int]

SHARED = [("x0", 0), ("x1", 0), ("a", 0), ("a", 1)]
SHARED += [(name, i) for name in ("v", "owner", "g", "live", "n") for i in range(2)]


class TooLargeError(Exception):
    """The program has more states than a test may look at."""


class BlockedError(Exception):
    """The step is not possible."""


class BrokenError(Exception):
    """The step breaks something, of the kind in its argument."""


@dataclass(slots=True)
class Point:
    """A mark: the scheduler may switch here. A step from it may go on in several ways."""

    ways: int = 1
    is_rest: bool = False


Action = Callable[[Shared, Locals, int], None]


@dataclass(slots=True)
class Jump:
    """Go on elsewhere if the condition holds."""

    condition: Callable[[Locals], int]
    target: int = -1


Line = Point | Jump | Action


@dataclass(slots=True)
class Ends:
    """What all schedules lead to: the shared values at the ends, and the kinds of violations."""

    values: set[tuple[int, ...]] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)


class Writer:
    """Writes the lines of one task; calls are written out where they happen."""

    def __init__(self, program: s.Program, task: int) -> None:
        self.functions = {function.name: function for function in program.functions}
        self.me = task + 1
        self.lines: list[Line] = []
        self.atomic = False
        self.prefix = ""
        self.calls = 0
        self.returns: list[list[Jump]] = []

    def point(self, ways: int = 1, *, is_rest: bool = False) -> None:
        if not self.atomic:
            self.lines.append(Point(ways, is_rest))

    def do(self, action: Action) -> None:
        self.lines.append(action)

    def jump(self, condition: str = "True") -> Jump:
        jump = Jump(evaluator(condition))
        self.lines.append(jump)
        return jump

    def land(self, *jumps: Jump) -> None:
        for jump in jumps:
            jump.target = len(self.lines)

    def own(self, text: str) -> str:
        """Return an expression over the variables of the call that is being written."""
        for name in (*s.LOCALS, "p"):
            text = text.replace(name, f"{self.prefix}{name}")
        return text

    def set(self, target: str, text: str) -> None:
        """Write `target = text`, with the check that a small number fits."""
        value, name = evaluator(self.own(text)), self.own(target)

        def action(_: Shared, mine: Locals, __: int) -> None:
            mine[name] = fits(value(mine))

        self.do(action)

    # Shared memory

    def address(self, place: s.Place) -> Callable[[Locals], tuple[str, int]]:
        if place.name == "n":
            pointer = self.own("p")

            def through(mine: Locals) -> tuple[str, int]:
                if mine[pointer] == 0:
                    raise BrokenError("null_reference")
                return "n", mine[pointer] - 1

            return through
        index = evaluator(self.own(place.index))

        def direct(mine: Locals) -> tuple[str, int]:
            position = index(mine)
            if not 0 <= position < 2:
                raise BrokenError("index")
            return place.name, position

        return direct

    def guard(self, shared: Shared, where: tuple[str, int]) -> None:
        if where[0] == "g" and shared["owner", where[1]] != self.me:
            raise BrokenError("guarded_field")

    def load(self, place: s.Place, name: str) -> None:
        """Write a read of shared memory, a step of its own, into a variable by its full name."""
        self.point()
        address = self.address(place)

        def action(shared: Shared, mine: Locals, _: int) -> None:
            where = address(mine)
            self.guard(shared, where)
            mine[name] = shared[where]

        self.do(action)

    def store(self, place: s.Place, text: str) -> None:
        """Write a store of an expression over variables with full names."""
        self.point()
        address, value = self.address(place), evaluator(text)

        def action(shared: Shared, mine: Locals, _: int) -> None:
            number = value(mine)
            where = address(mine)
            fits(number)
            self.guard(shared, where)
            shared[where] = number

        self.do(action)

    def test(self, test: s.Test) -> str:
        """Write the read of a test and return its condition."""
        self.load(test.place, "seen")
        return f"seen {test.op} {test.number}"

    # Statements

    def block(self, body: tuple[s.Statement, ...]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, statement: s.Statement) -> None:
        match statement:
            case s.Set(target, value) | s.Keep(target, value):
                self.set(target, value)
            case s.Load(target, place):
                self.load(place, self.own(target))
            case s.Store(place, value, adds):
                if adds:
                    self.load(place, "sum")
                    self.store(place, f"(sum + {self.own(value)}) & 3")
                else:
                    self.store(place, self.own(value))
            case s.Choose(target, ways):
                self.choose(target, ways)
            case s.Assert(condition):
                good = self.jump(self.own(condition))
                self.do(breaking("assertion"))
                self.land(good)
            case s.Call(target, function, arguments):
                self.call(target, self.functions[function], arguments)
            case s.Return(value):
                self.set("result", value)
                self.returns[-1].append(self.jump())
            case s.Wait() | s.Lock() | s.Unlock() | s.Try() | s.New() | s.Delete():
                self.synchronize(statement)
            case _:
                self.control(statement)

    def choose(self, target: str, ways: int) -> None:
        self.point(ways)
        name = self.own(target)

        def action(_: Shared, mine: Locals, choice: int) -> None:
            mine[name] = choice

        self.do(action)

    def synchronize(self, statement: s.Statement) -> None:
        self.point()
        outside, self.atomic = self.atomic, True
        match statement:
            case s.Wait(test):
                good = self.jump(self.test(test))
                self.do(blocking)
                self.land(good)
            case s.Lock(index):
                self.do(self.lock(index))
            case s.Unlock(index):
                self.do(self.unlock(index))
            case s.Try(target, index):
                self.do(self.trylock(self.own(target), index))
            case s.New():
                self.do(allocating(self.own("p")))
            case s.Delete():
                # NULL is found before the step begins.
                point = None if outside else self.lines.pop()
                self.do(refusing_null(self.own("p")))
                if point is not None:
                    self.lines.append(point)
                self.do(freeing(self.own("p")))
        self.atomic = outside

    def lock(self, index: int) -> Action:
        def action(shared: Shared, _: Locals, __: int) -> None:
            if shared["owner", index] != 0:
                raise BlockedError
            shared["owner", index] = self.me

        return action

    def unlock(self, index: int) -> Action:
        def action(shared: Shared, _: Locals, __: int) -> None:
            if shared["owner", index] != self.me:
                raise BrokenError("lock_misuse")
            shared["owner", index] = 0

        return action

    def trylock(self, target: str, index: int) -> Action:
        def action(shared: Shared, mine: Locals, _: int) -> None:
            mine[target] = int(shared["owner", index] == 0)
            if mine[target]:
                shared["owner", index] = self.me

        return action

    def call(self, target: str, function: s.Function, arguments: tuple[str, str]) -> None:
        self.calls += 1
        outside, inside = self.prefix, f"f{self.calls}_"
        texts = [evaluator(self.own(text)) for text in arguments]

        def enter(_: Shared, mine: Locals, __: int) -> None:
            values = [fits(text(mine)) for text in texts]
            mine.update({inside + n: v for n, v in zip(s.LOCALS, [*values, 0], strict=True)})
            mine[inside + "p"] = 0

        self.do(enter)
        self.prefix = inside
        self.returns.append([])
        self.block(function.body)
        self.set("result", function.result)
        self.land(*self.returns.pop())
        self.prefix = outside
        # `result` is not one of the names that `own` knows: each call leaves it in the same place.
        self.set(target, "result")

    def control(self, statement: s.Statement) -> None:
        match statement:
            case s.Atomic(body):
                self.enter_atomic(body)
            case s.If(condition, yes, no):
                self.branches([(self.own(condition), yes)], no)
            case s.Match(subject, bodies):
                name = self.own(subject)
                cases = [(f"{name} == {k}", body) for k, body in enumerate(bodies[:-1])]
                self.branches(cases, bodies[-1])
            case s.IfShared(tests, word, yes, no):
                self.shared_branch(tests, word, yes, no)
            case s.For(_, times, body):
                self.repeat(times, body)
            case s.While(target, body, leave):
                head = len(self.lines)
                end = self.jump(f"not {self.own(target)} < 3")
                self.block(body)
                out = self.jump(self.own(leave))
                self.set(target, f"{target} + 1")
                self.jump().target = head
                self.land(end, out)

    def enter_atomic(self, body: tuple[s.Statement, ...]) -> None:
        outside = self.atomic
        if body and isinstance(body[0], s.Choose) and not outside:
            self.statement(body[0])
            body = body[1:]
        else:
            self.point()
        self.atomic = True
        self.block(body)
        self.atomic = outside

    def branches(
        self, cases: list[tuple[str, tuple[s.Statement, ...]]], rest: tuple[s.Statement, ...]
    ) -> None:
        ends = []
        for condition, body in cases:
            other = self.jump(f"not ({condition})")
            self.block(body)
            ends.append(self.jump())
            self.land(other)
        self.block(rest)
        self.land(*ends)

    def shared_branch(
        self,
        tests: tuple[s.Test, ...],
        word: str,
        yes: tuple[s.Statement, ...],
        no: tuple[s.Statement, ...],
    ) -> None:
        early = []
        for test in tests:
            condition = self.test(test)
            early.append(self.jump(f"not ({condition})" if word == "and" else condition))
        first, second = (yes, no) if word == "and" else (no, yes)
        self.block(first)
        end = self.jump()
        self.land(*early)
        self.block(second)
        self.land(end)

    def repeat(self, times: str, body: tuple[s.Statement, ...]) -> None:
        self.calls += 1
        counter, limit = f"i{self.calls}", f"l{self.calls}"
        count = evaluator(self.own(times))

        def begin(_: Shared, mine: Locals, __: int) -> None:
            mine[counter], mine[limit] = 0, count(mine)

        def again(_: Shared, mine: Locals, __: int) -> None:
            mine[counter] += 1

        self.do(begin)
        head = len(self.lines)
        end = self.jump(f"not {counter} < {limit}")
        self.block(body)
        self.do(again)
        self.jump().target = head
        self.land(end)


def evaluator(text: str) -> Callable[[Locals], int]:
    """Return an expression over variables as a function of them, as Python understands it."""
    code = compile(text, "<expression>", "eval")
    return lambda mine: int(eval(code, {}, mine))


def fits(number: int) -> int:
    if not 0 <= number <= 3:
        raise BrokenError("range")
    return number


def breaking(kind: str) -> Action:
    def action(_: Shared, __: Locals, ___: int) -> None:
        raise BrokenError(kind)

    return action


def blocking(_: Shared, __: Locals, ___: int) -> None:
    raise BlockedError


def allocating(name: str) -> Action:
    def action(shared: Shared, mine: Locals, _: int) -> None:
        for number in range(2):
            if not shared["live", number]:
                shared["live", number] = 1
                mine[name] = number + 1
                return
        raise BrokenError("exhausted_pool")

    return action


def refusing_null(name: str) -> Action:
    def action(_: Shared, mine: Locals, __: int) -> None:
        if mine[name] == 0:
            raise BrokenError("null_reference")

    return action


def freeing(name: str) -> Action:
    def action(shared: Shared, mine: Locals, _: int) -> None:
        number = mine[name] - 1
        if not shared["live", number]:
            raise BrokenError("double_free")
        shared["live", number] = shared["n", number] = 0

    return action


def lines_of(program: s.Program, number: int, *, pauses: bool) -> list[Line]:
    """Return the lines of a task; `pauses`: the first is a point."""
    writer = Writer(program, number)
    if pauses:
        writer.point()
    task = program.tasks[number]
    if task.kind == "user":
        head = len(writer.lines)
        writer.block(task.body)
        point = writer.lines[head]
        assert isinstance(point, Point)
        point.is_rest = True
        writer.jump().target = head
    else:
        writer.block(task.body)
    return writer.lines


TaskState = tuple[int, tuple[tuple[str, int], ...]]
State = tuple[tuple[int, ...], tuple[TaskState, ...]]


def enumerate_schedules(program: s.Program, *, most: int) -> Ends:
    """Return all that the schedules of a program lead to."""
    try:
        tasks, memory, starts = begin(program, pauses=False)
    except BrokenError:  # before any step: then what breaks is a step
        tasks, memory, starts = begin(program, pauses=True)
    found = Ends()
    initial: State = (tuple(memory.values()), starts)
    seen, stack = {initial}, [initial]
    while stack:
        if len(seen) > most:
            raise TooLargeError
        for following in expand(program, tasks, stack.pop(), found):
            if following not in seen:
                seen.add(following)
                stack.append(following)
    return found


def begin(
    program: s.Program, *, pauses: bool
) -> tuple[list[list[Line]], Shared, tuple[TaskState, ...]]:
    """Return the lines of each task, the memory, and the tasks at their first points."""
    tasks = [lines_of(program, n, pauses=pauses) for n in range(len(program.tasks))]
    memory = dict.fromkeys(SHARED, 0)
    starts: list[TaskState] = []
    for lines in tasks:
        mine = dict.fromkeys([*s.LOCALS, "p", "result", "seen", "sum"], 0)
        place = advance(lines, 0, memory, mine, 0)
        starts.append((place, tuple(mine.items())))
    return tasks, memory, tuple(starts)


def expand(
    program: s.Program, tasks: list[list[Line]], state: State, found: Ends
) -> Iterator[State]:
    """Return the states that follow a state, and judge it."""
    memory, places = state
    progress, resting = False, True
    for number, (place, variables) in enumerate(places):
        lines = tasks[number]
        point = lines[place] if place < len(lines) else Point(0, is_rest=True)
        assert isinstance(point, Point)
        resting = resting and point.is_rest
        counts = not (point.is_rest and program.tasks[number].kind == "user")
        for choice in range(point.ways):
            shared, mine = dict(zip(SHARED, memory, strict=True)), dict(variables)
            try:
                after = advance(lines, place + 1, shared, mine, choice)
            except BlockedError:
                continue
            except BrokenError as broken:
                progress = True
                found.kinds.add(str(broken))
                continue
            progress = progress or counts
            moved = (after, tuple(mine.items()))
            yield tuple(shared.values()), (*places[:number], moved, *places[number + 1 :])
    if resting:
        found.values.add(memory)
    elif not progress:
        found.kinds.add("deadlock")


def advance(lines: list[Line], place: int, shared: Shared, mine: Locals, choice: int) -> int:
    """Run a task up to its next point, and return where that is."""
    while place < len(lines):
        line = lines[place]
        match line:
            case Point():
                return place
            case Jump(condition, target):
                place = target if condition(mine) else place + 1
            case _:
                line(shared, mine, choice)
                place += 1
    return place
