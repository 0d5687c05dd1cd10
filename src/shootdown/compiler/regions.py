# SPDX-License-Identifier: MIT
"""What a step does from one explicit scheduling point up to the next ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from shootdown.compiler.liveness import uses
from shootdown.compiler.mir import (
    Block,
    Branch,
    Call,
    Code,
    Compute,
    Embed,
    Instruction,
    Load,
    Operand,
    Reg,
    Return,
    Sched,
    Store,
    TaskNumber,
    Wait,
)
from shootdown.compiler.types import Field

__all__ = ["Region", "is_visible", "regions_of"]


def is_visible(instruction: Instruction) -> TypeGuard[Load | Store]:
    """Tell whether an instruction touches what other tasks can see; guard checks do not."""
    match instruction:
        case Load(field=item, of_guard=False) | Store(field=item):
            return item.visible
    return False


def end_uses(block: Block) -> list[Operand]:
    """Return what decides where a block goes on, or what it returns."""
    match block.end:
        case Branch(condition=condition):
            return [condition]
        case Return(value=Reg() as value):
            return [value]
    return []


def has_points(code: Code, known: dict[Code, bool]) -> bool:
    """Tell whether a scheduling point can be reached in a function."""
    if code not in known:
        known[code] = False
        known[code] = any(_has_points(block, known) for block in code.blocks)
    return known[code]


def _has_points(block: Block, known: dict[Code, bool]) -> bool:
    for instruction in block.body:
        match instruction:
            case Load(atomic=False) | Store(atomic=False):
                if is_visible(instruction):
                    return True
            case Call(callee=callee):
                if has_points(callee, known):
                    return True
            case Sched():
                return True
    return False


def may_wait(code: Code) -> bool:
    """Tell whether a function may find its step impossible."""
    return any(
        isinstance(i, Wait) or (isinstance(i, Call) and may_wait(i.callee))
        for block in code.blocks
        for i in block.body
    )


@dataclass(eq=False, slots=True)
class Region:
    """The instructions of a step; `tests` decide branches, `results` leave the function.

    `leaves`: it may go on in a function that has scheduling points of its own. `straight`: so
    many instructions stand before its first branch, or -1: it has none.
    """

    code: Code
    sched: Sched
    body: list[Instruction] = field(default_factory=list)
    tests: list[Reg] = field(default_factory=list)
    results: list[Reg] = field(default_factory=list)
    leaves: bool = False
    straight: int = -1

    @property
    def sure(self) -> list[Instruction]:
        """The instructions that every execution of the step goes through, in order."""
        return self.body if self.straight < 0 else self.body[: self.straight]

    @property
    def touched(self) -> set[Field]:
        """The fields that it touches and others can see."""
        return {i.field for i in self.body if is_visible(i)}

    @property
    def stores(self) -> list[Store]:
        """Its stores that others can see."""
        return [i for i in self.body if isinstance(i, Store) and i.field.visible]

    @property
    def conditions(self) -> list[Operand]:
        """What it waits for."""
        return [i.condition for i in self.body if isinstance(i, Wait)]

    @property
    def waits(self) -> bool:
        """Tell whether the step may be impossible."""
        return self.leaves or any(
            isinstance(i, Wait) or (isinstance(i, Call) and may_wait(i.callee)) for i in self.body
        )

    def derived(self) -> set[Reg]:
        """Return the registers whose values come from what others can see."""
        found: set[Reg] = set()
        changed = True
        while changed:
            changed = False
            for i in self.body:
                match i:
                    case Load(target=target) if is_visible(i):
                        new = True
                    case Compute(target=target, left=left, right=right):
                        new = left in found or right in found
                    case _:
                        continue
                if new and target not in found:
                    found.add(target)
                    changed = True
        return found

    def used_elsewhere(self, regs: set[Reg]) -> bool:
        """Tell whether the function uses one of the registers outside of this region."""
        mine = {id(i) for i in self.body}
        for block in self.code.blocks:
            if any(operand in regs for operand in end_uses(block)):
                return True
            for i in block.body:
                if id(i) not in mine and any(operand in regs for operand in uses(i)):
                    return True
        return False

    def definition(self, value: Operand) -> Instruction | None:
        """Return the only instruction of the region that sets a register, if there is one."""
        found = [i for i in self.body if getattr(i, "target", None) is value]
        return found[0] if len(found) == 1 and isinstance(value, Reg) else None

    def source(self, value: Operand) -> Instruction | None:
        """Return what computes a value, looking through copies."""
        found = self.definition(value)
        while isinstance(found, Compute) and found.op == "copy":
            found = self.definition(found.left)
        return found

    def same(self, a: Operand, b: Operand) -> bool:
        """Tell whether two operands are certain to have the same value."""
        if a == b:
            return isinstance(a, int) or self.definition(a) is not None or not self.is_set(a)
        match self.source(a), self.source(b):
            case Compute() as one, Compute() as other if one.op == other.op:
                return self.same(one.left, other.left) and self.same(one.right, other.right)
            case Embed() as one, Embed() as other if one.field is other.field:
                return self.same(one.position, other.position)
            case TaskNumber() as one, TaskNumber() as other:
                return one.of == other.of
        return False

    def is_set(self, value: Operand) -> bool:
        """Tell whether the region sets a register."""
        return any(getattr(i, "target", None) is value for i in self.body)

    def zero_test(self, condition: Operand) -> Load | None:
        """Return the load whose value the condition wants to be 0."""
        test = self.source(condition)
        if isinstance(test, Compute) and test.op == "eq" and test.right == 0:
            loaded = self.source(test.left)
            if isinstance(loaded, Load):
                return loaded
        return None

    def is_task_number(self, value: Operand) -> bool:
        """Tell whether a value is the number of the running task."""
        found = self.source(value)
        return isinstance(found, TaskNumber) and found.of == "task"


def regions_of(code: Code) -> Iterator[Region]:
    """Return the region behind each explicit scheduling point of a function."""
    known: dict[Code, bool] = {}
    for block in code.blocks:
        for position, instruction in enumerate(block.body):
            if isinstance(instruction, Sched):
                region = Region(code, instruction)
                _follow(block, position + 1, region, set(), known)
                yield region


def _follow(
    block: Block, start: int, region: Region, seen: set[Block], known: dict[Code, bool]
) -> None:
    for instruction in block.body[start:]:
        if isinstance(instruction, Sched) or _ends_step(instruction, region):
            return
        if isinstance(instruction, Call) and has_points(instruction.callee, known):
            region.leaves = region.leaves or not region.body
            region.results += [r for r in instruction.arguments if isinstance(r, Reg)]
            return
        region.body.append(instruction)
    match block.end:
        case Branch(condition=Reg() as condition):
            region.tests.append(condition)
            if region.straight < 0:
                region.straight = len(region.body)
        case Return(value=Reg() as value):
            region.results.append(value)
    for successor in block.successors:
        if successor not in seen:
            seen.add(successor)
            _follow(successor, 0, region, seen, known)


def _ends_step(instruction: Instruction, region: Region) -> bool:
    """Tell whether a single access begins a step of its own; its point may be placed already."""
    if not (is_visible(instruction) and not instruction.atomic):
        return False
    return any(is_visible(i) for i in region.body) or not region.sched.placed
