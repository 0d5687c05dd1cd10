# SPDX-License-Identifier: MIT
"""Locks as movers: taking one joins the next access, giving it back joins the one before.

A field is a *lock word* if all that steps do with it is

- wait until it is 0, and then perhaps make it something else (taking the lock),
- make it 0, or clear some of its bits (giving it back),
- change it after checking that this task owns it,

and if no step looks at it in any other way or touches anything else together with it. Then taking
it commutes with whatever others do next, and giving it back with whatever they did before
(`docs/SEMANTICS.md` has the proof sketch). The places are found here, not declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from shootdown.compiler.mir import (
    Block,
    Branch,
    Call,
    Check,
    Code,
    Compute,
    Instruction,
    Load,
    Mark,
    Reg,
    Return,
    Sched,
    Store,
    TaskNumber,
    Wait,
)
from shootdown.compiler.types import Field

__all__ = ["join_lock_steps"]


@dataclass(eq=False, slots=True)
class _Region:
    """What follows a scheduling point, up to the next ones."""

    sched: Sched
    body: list[Instruction] = field(default_factory=list)
    tests: list[Reg] = field(default_factory=list)
    results: list[Reg] = field(default_factory=list)
    leaves: bool = False
    """It goes on in a function with scheduling points of its own."""

    @property
    def touched(self) -> set[Field]:
        """The fields of shared memory that it touches."""
        return {i.field for i in self.body if _is_visible(i)}

    @property
    def waits(self) -> bool:
        """Tell whether the step may be impossible."""
        return self.leaves or any(
            isinstance(i, Wait) or (isinstance(i, Call) and _may_wait(i.callee)) for i in self.body
        )


def _is_visible(instruction: Instruction) -> TypeGuard[Load | Store]:
    match instruction:
        case Load(field=item, of_guard=False) | Store(field=item):
            return item.visible
    return False


def _may_wait(code: Code) -> bool:
    return any(
        isinstance(i, Wait) or (isinstance(i, Call) and _may_wait(i.callee))
        for block in code.blocks
        for i in block.body
    )


def _touches(code: Code) -> set[Field]:
    """Return the visible fields that a function called inside a step touches."""
    found: set[Field] = set()
    for block in code.blocks:
        for i in block.body:
            if _is_visible(i):
                found.add(i.field)
            elif isinstance(i, Call):
                found |= _touches(i.callee)
    return found


def join_lock_steps(codes: Iterable[Code]) -> None:
    """Remove the scheduling points before unlocks, and let locks join the next access.

    Works on code whose scheduling points are placed and whose blocks are not split yet.
    """
    stepped = [code for code in codes if not code.atomic]
    has_points = _has_points(stepped)
    regions = [region for code in stepped for region in _regions(code, has_points)]
    words = _lock_words(regions)
    unlocks: set[int] = set()
    for region in regions:
        region.sched.joins = region.sched.alternatives == 1 and not (
            region.waits or region.sched.is_rest
        )
        if not region.touched or not region.touched <= words:
            continue
        stores = [i for i in region.body if isinstance(i, Store) and i.field in words]
        if region.waits:
            for store in stores:
                store.takes_lock = True
        elif all(_gives_back(region, store) for store in stores):
            unlocks.add(id(region.sched))
            for store in stores:
                store.gives_lock = True
    for code in stepped:
        for block in code.blocks:
            block.body = [i for i in block.body if id(i) not in unlocks]


def _has_points(codes: Iterable[Code]) -> set[Code]:
    found = {
        code for code in codes if any(isinstance(i, Sched) for b in code.blocks for i in b.body)
    }
    changed = True
    while changed:
        changed = False
        for code in codes:
            calls = (i.callee for b in code.blocks for i in b.body if isinstance(i, Call))
            if code not in found and any(callee in found for callee in calls):
                found.add(code)
                changed = True
    return found


def _regions(code: Code, has_points: set[Code]) -> Iterator[_Region]:
    for block in code.blocks:
        for position, instruction in enumerate(block.body):
            if isinstance(instruction, Sched):
                region = _Region(instruction)
                _follow(block, position + 1, region, set(), has_points)
                yield region


def _follow(
    block: Block, start: int, region: _Region, seen: set[Block], has_points: set[Code]
) -> None:
    for instruction in block.body[start:]:
        if isinstance(instruction, Sched):
            return
        if isinstance(instruction, Call) and instruction.callee in has_points:
            # What the callee does first may belong to this step: it is not known here.
            region.leaves = region.leaves or not instruction.callee.entry.body
            region.results += [r for r in instruction.arguments if isinstance(r, Reg)]
            return
        region.body.append(instruction)
    match block.end:
        case Branch(condition=Reg() as condition):
            region.tests.append(condition)
        case Return(value=Reg() as value):
            region.results.append(value)
    for successor in block.successors:
        if successor not in seen:
            seen.add(successor)
            _follow(successor, 0, region, seen, has_points)


def _lock_words(regions: Iterable[_Region]) -> set[Field]:
    """Return the fields that steps use as locks only; the largest set that is so."""
    everything = list(regions)
    words = {item for region in everything for item in region.touched}
    changed = True
    while changed:
        changed = False
        for region in everything:
            mine = region.touched & words
            if mine and not _uses_as_lock(region, words):
                words -= mine
                changed = True
    return words


def _uses_as_lock(region: _Region, words: set[Field]) -> bool:
    called = set[Field]().union(*(_touches(i.callee) for i in region.body if isinstance(i, Call)))
    if called or not region.touched <= words or region.leaves:
        return False
    seen = _derived(region)
    if any(reg in seen for reg in (*region.tests, *region.results)):
        return False
    for instruction in region.body:
        match instruction:
            case Wait(condition=condition):
                if not _is_zero_test(region, condition):
                    return False
            case Store(field=item, source=source) if item not in words:
                if source in seen:
                    return False
            case Call(target=Reg()):
                return False
            case Compute(target=target) if target in seen and not target.is_temporary:
                if _is_used_later(region, target):
                    return False
    stores = [i for i in region.body if isinstance(i, Store) and i.field in words]
    return region.waits or _owns(region) or all(_gives_back(region, s) for s in stores)


def _is_used_later(region: _Region, target: Reg) -> bool:
    """Tell whether a named variable with a lock's value is used but in events and checks."""
    for instruction in region.body:
        match instruction:
            case Mark() | Check():
                pass
            case Call(arguments=arguments) if target in arguments:
                if not instruction.callee.monitor:
                    return True
            case Compute(left=left, right=right, target=other):
                if target in (left, right) and not other.is_temporary:
                    return True
    return False


def _derived(region: _Region) -> set[Reg]:
    """Return the registers whose values come from shared memory in this region."""
    found: set[Reg] = set()
    changed = True
    while changed:
        changed = False
        for instruction in region.body:
            match instruction:
                case Load(target=target) if _is_visible(instruction):
                    new = True
                case Compute(target=target, left=left, right=right):
                    new = left in found or right in found
                case _:
                    continue
            if new and target not in found:
                found.add(target)
                changed = True
    return found


def _definition(region: _Region, reg: object) -> Instruction | None:
    found = [i for i in region.body if getattr(i, "target", None) is reg]
    return found[0] if len(found) == 1 else None


def _source(region: _Region, reg: object) -> Instruction | None:
    """Return what computes a register, looking through copies."""
    found = _definition(region, reg)
    while isinstance(found, Compute) and found.op == "copy":
        found = _definition(region, found.left)
    return found


def _is_zero_test(region: _Region, condition: object) -> bool:
    """Tell whether a wait is for a loaded word to be 0."""
    test = _source(region, condition)
    return (
        isinstance(test, Compute)
        and test.op == "eq"
        and test.right == 0
        and isinstance(_source(region, test.left), Load)
    )


def _gives_back(region: _Region, store: Store) -> bool:
    """Tell whether a store clears the word, or some of its bits."""
    if store.source == 0:
        return True
    value = _source(region, store.source)
    if not (isinstance(value, Compute) and value.op == "and"):
        return False
    loaded = _source(region, value.left)
    return isinstance(loaded, Load) and loaded.field is store.field


def _owns(region: _Region) -> bool:
    """Tell whether the region checks that this task owns a word: `owner == this_task() + 1`."""
    for instruction in region.body:
        if isinstance(instruction, Check):
            test = _source(region, instruction.condition)
            if isinstance(test, Compute) and test.op == "eq":
                sides = [_source(region, test.left), _source(region, test.right)]
                if any(isinstance(side, Load) for side in sides) and any(
                    _is_own_number(region, side) for side in sides
                ):
                    return True
    return False


def _is_own_number(region: _Region, value: Instruction | None) -> bool:
    if not (isinstance(value, Compute) and value.op == "add" and value.right == 1):
        return False
    number = _source(region, value.left)
    return isinstance(number, TaskNumber) and number.of == "task"
