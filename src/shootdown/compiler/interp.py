# SPDX-License-Identifier: MIT
"""The reference interpreter: plain Python over the intermediate code, slow and obviously right.

It is the oracle of the compiled code, runs the setup, and replays schedules with all their calls,
accesses and events. Its state is dictionaries and lists; it shares no layout with the compiled
code, and forgets no variable that is still in scope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shootdown.compiler.mir import (
    Block,
    Branch,
    Call,
    CallOut,
    Check,
    Choose,
    Code,
    Compute,
    Embed,
    Instruction,
    Jump,
    Load,
    LocalRecord,
    Mark,
    Operand,
    Reg,
    Return,
    Site,
    Store,
    TakeResult,
    TaskNumber,
    Wait,
    Yield,
)
from shootdown.compiler.types import Field

__all__ = ["Activation", "Blocked", "Broken", "Machine", "Observer", "State"]

FUEL = 100_000
"""Instructions that one step may take; a longer one does not end."""


class Blocked(Exception):
    """The step is not possible in this state."""


class Broken(Exception):
    """The step breaks an invariant, at `site`."""

    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__(site.message)


@dataclass(eq=False, slots=True)
class Activation:
    """One active call of a function: where it goes on, and its variables."""

    code: Code
    block: Block
    variables: dict[Reg, int] = field(default_factory=dict)
    site: int = 0


@dataclass(eq=False, slots=True)
class State:
    """Shared memory, and the stack of each task, outermost call first; finished ones have none."""

    memory: dict[Field, list[int]]
    stacks: list[list[Activation]]

    def copy(self) -> State:
        """Return an independent copy."""
        memory = {name: list(parts) for name, parts in self.memory.items()}
        stacks = [
            [Activation(a.code, a.block, dict(a.variables), a.site) for a in stack]
            for stack in self.stacks
        ]
        return State(memory, stacks)


class Observer:
    """Is told what a step does. This one ignores it all."""

    def call(self, code: Code, arguments: dict[Reg, int], depth: int, call: Call) -> None:
        """A function is entered."""

    def leave(self, code: Code, depth: int) -> None:
        """A function returns."""

    def access(self, code: Code, access: Load | Store, depth: int) -> None:
        """Shared memory is read or written."""

    def event(self, code: Code, mark: Mark, values: tuple[int, ...], depth: int) -> None:
        """An event happens."""


OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "copy": lambda a, _: a,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "shl": lambda a, b: a << b,
    "shr": lambda a, b: a >> b,
    "eq": lambda a, b: int(a == b),
    "ne": lambda a, b: int(a != b),
    "lt": lambda a, b: int(a < b),
    "le": lambda a, b: int(a <= b),
    "gt": lambda a, b: int(a > b),
    "ge": lambda a, b: int(a >= b),
}
FOLDED = frozenset(OPERATIONS) - {"copy", "div", "mod", "shl", "shr"}
"""The operations that have a result whatever their operands are."""


def wrap(value: int) -> int:
    """Return a number as 64 bits hold it."""
    return value if -(2**63) <= value < 2**63 else (value + 2**63) % 2**64 - 2**63


class Machine:
    """Takes steps of the tasks of a program.

    `cpus[t]` is the CPU of task t; `bases` and `locals` number embedded and local records;
    `gates[t]` is the condition under which task t may move, if it has one.
    """

    def __init__(
        self,
        *,
        cpus: list[int],
        bases: dict[Field, int],
        locals_: dict[tuple[Code, int], list[int]],
        gates: list[Code | None],
        endless: Callable[[Block, Code], Site],
    ) -> None:
        self.cpus = cpus
        self.bases = bases
        self.locals = locals_
        self.gates = gates
        self.endless = endless
        self.observer = Observer()
        self.task = 0
        self.cpu = 0
        self.choice = 0
        self.result = 0
        self.fuel = 0
        self.has_taken_lock = False
        self.memory: dict[Field, list[int]] = {}

    def step(self, state: State, task: int, choice: int) -> None:
        """Let a task take its next step, in place; raises `Blocked` or `Broken`."""
        stack = state.stacks[task]
        if not stack:
            raise Blocked
        self.task, self.cpu, self.choice = task, self.cpus[task], choice
        self.memory = state.memory
        self.fuel = FUEL
        gate = self.gates[task]
        if gate is not None and not self.call_plain(gate, [], 0):
            raise Blocked
        self._run(stack)

    def start(self, state: State, task: int) -> None:
        """Bring a task to its first scheduling point."""
        self.task, self.cpu, self.choice = task, self.cpus[task], 0
        self.memory, self.fuel = state.memory, FUEL
        self._run(state.stacks[task])

    def evaluate(self, state: State, code: Code) -> int:
        """Run a plain function without arguments on a state."""
        self.memory, self.fuel, self.task, self.cpu = state.memory, FUEL, 0, self.cpus[0]
        return self.call_plain(code, [], 0)

    def run_setup(self, state: State, code: Code, task: int, cpu: int) -> int:
        """Run a function to completion as `task` on `cpu`, nothing else moving; count its steps."""
        stack = [Activation(code, code.entry)]
        self.task, self.cpu, self.choice, self.memory = task, cpu, 0, state.memory
        self.fuel = FUEL
        steps = 0
        while stack:
            self._run(stack)
            steps += 1
        return steps

    def _run(self, stack: list[Activation]) -> None:
        """Go on with the innermost call until the next scheduling point."""
        self.has_taken_lock = False
        while stack:
            top = stack[-1]
            for instruction in top.block.body:
                self._execute(instruction, top, len(stack))
            end = top.block.end
            self._burn(top.block, top.code)
            match end:
                case Jump(target=target):
                    top.block = target
                case Branch(condition=condition, yes=yes, no=no):
                    top.block = yes if self._value(condition, top) else no
                case Yield(sched=sched, target=target):
                    top.block = target
                    if not (self.has_taken_lock and sched.joins):
                        return
                    self.has_taken_lock = False
                case CallOut(call=call, target=target):
                    top.block = target
                    values = [self._value(operand, top) for operand in call.arguments]
                    arguments = dict(zip(call.callee.parameters, values, strict=True))
                    self.observer.call(call.callee, arguments, len(stack), call)
                    stack.append(Activation(call.callee, call.callee.entry, arguments))
                case Return(value=value):
                    self.result = 0 if value is None else self._value(value, top)
                    self.observer.leave(top.code, len(stack) - 1)
                    stack.pop()

    def call_plain(self, code: Code, values: list[int], depth: int) -> int:
        """Run a function without scheduling points and return its result."""
        top = Activation(code, code.entry, dict(zip(code.parameters, values, strict=True)))
        while True:
            for instruction in top.block.body:
                self._execute(instruction, top, depth + 1)
            self._burn(top.block, code)
            match top.block.end:
                case Jump(target=target):
                    top.block = target
                case Branch(condition=condition, yes=yes, no=no):
                    top.block = yes if self._value(condition, top) else no
                case Return(value=value):
                    self.observer.leave(code, depth)
                    return 0 if value is None else self._value(value, top)

    def _burn(self, block: Block, code: Code) -> None:
        self.fuel -= 1
        if self.fuel <= 0:
            raise Broken(self.endless(block, code))

    def _value(self, operand: Operand, top: Activation) -> int:
        return operand if isinstance(operand, int) else top.variables[operand]

    def _execute(self, instruction: Instruction, top: Activation, depth: int) -> None:
        match instruction:
            case Compute(target=target, op=op, left=left, right=right):
                a = self._value(left, top)
                b = 0 if op == "copy" else self._value(right, top)
                top.variables[target] = wrap(OPERATIONS[op](a, b))
            case Load(target=target, field=item, position=position):
                number = self.memory[item][self._value(position, top)]
                top.variables[target] = number
                self.observer.access(top.code, instruction, depth)
            case Store(field=item, position=position, source=source):
                number = self._value(source, top)
                self.memory[item][self._value(position, top)] = number
                if instruction.takes_lock or instruction.gives_lock:
                    self.has_taken_lock = instruction.takes_lock
                self.observer.access(top.code, instruction, depth)
            case Check(condition=condition, site=site):
                if not self._value(condition, top):
                    raise Broken(site)
            case Wait(condition=condition):
                if not self._value(condition, top):
                    raise Blocked
            case Call(target=target, callee=callee, arguments=arguments):
                values = [self._value(operand, top) for operand in arguments]
                named = dict(zip(callee.parameters, values, strict=True))
                self.observer.call(callee, named, depth, instruction)
                result = self.call_plain(callee, values, depth)
                if target is not None:
                    top.variables[target] = result
            case TakeResult(target=target):
                top.variables[target] = self.result
            case Choose(target=target):
                top.variables[target] = self.choice
            case TaskNumber(target=target, of=of):
                top.variables[target] = self.task if of == "task" else self.cpu
            case Embed(target=target, field=item, position=position):
                top.variables[target] = self.bases[item] + self._value(position, top) + 1
            case LocalRecord(target=target, code=code, slot=slot):
                top.variables[target] = self.locals[(code, slot)][self.task] + 1
            case Mark(arguments=arguments):
                values_ = tuple(self._value(operand, top) for _, operand in arguments)
                self.observer.event(top.code, instruction, values_, depth)
