# SPDX-License-Identifier: MIT
"""Where steps end: scheduling points before visible accesses, and blocks split at them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from shootdown.compiler.mir import (
    Block,
    Call,
    CallOut,
    Check,
    Code,
    Compute,
    Embed,
    Instruction,
    Load,
    LocalRecord,
    Mark,
    Sched,
    Store,
    TakeResult,
    TaskNumber,
    Yield,
)

__all__ = ["find_plain", "place_scheduling_points", "split"]


def place_scheduling_points(codes: Iterable[Code]) -> None:
    """Put a scheduling point before each visible access that has none."""
    for code in codes:
        for block in code.blocks:
            block.body = _with_points(block.body)


def _with_points(body: list[Instruction]) -> list[Instruction]:
    result: list[Instruction] = []
    fresh = False
    for instruction in body:
        match instruction:
            case Sched(opens=opens):
                fresh = opens
            case _ if _needs_point(instruction):
                if not fresh:
                    point = Sched(instruction.span, placed=True)
                    result.insert(_address_start(result), point)
                fresh = False
            case Load() | Store() if instruction.field.visible and not _is_guard(instruction):
                fresh = False
            case Call():
                fresh = False
        result.append(instruction)
    return result


def _needs_point(instruction: Instruction) -> TypeGuard[Load | Store | Call]:
    """Tell whether the scheduler may switch before an instruction: others can see what it does."""
    match instruction:
        case Load() | Store() if not instruction.atomic:
            return instruction.field.visible
        case Call(callee=callee, atomic=False) if callee.monitor:
            return sees_others(callee)
    return False


def sees_others(code: Code) -> bool:
    """Tell whether a function inside a step touches what other tasks can see."""
    return any(
        (isinstance(i, Load | Store) and i.field.visible)
        or (isinstance(i, Call) and sees_others(i.callee))
        for block in code.blocks
        for i in block.body
    )


def _is_guard(instruction: Load | Store) -> bool:
    return isinstance(instruction, Load) and instruction.of_guard


def _address_start(body: list[Instruction]) -> int:
    """Return where the address computation at the end of `body` begins.

    A step begins before it, so that the state keeps the reference and not what follows from it.
    The check of the guard belongs to it, and so does the event that monitors are told.
    """
    start = len(body)
    while start > 0:
        match body[start - 1]:
            case Check() | Embed() | TaskNumber() | LocalRecord() | Mark() | Load(of_guard=True):
                start -= 1
            case Compute(target=target) if target.is_temporary:
                start -= 1
            case _:
                break
    return start


def find_plain(codes: Iterable[Code]) -> None:
    """Mark the functions in which no scheduling point can be reached."""
    everything = list(codes)
    for code in everything:
        code.is_plain = not any(isinstance(i, Sched) for block in code.blocks for i in block.body)
    changed = True
    while changed:
        changed = False
        for code in everything:
            if code.is_plain and any(
                isinstance(i, Call) and not i.callee.is_plain
                for block in code.blocks
                for i in block.body
            ):
                code.is_plain = False
                changed = True


def split(code: Code) -> None:
    """End a block at each scheduling point and at each call of a function that has some."""
    result: list[Block] = []
    for original in code.blocks:
        block = original
        body, block.body = block.body, []
        end, block.end = block.end, None
        result.append(block)
        for instruction in body:
            match instruction:
                case Sched():
                    following = Block(0)
                    block.end = Yield(instruction, following)
                case Call(callee=callee, target=target) if not callee.is_plain:
                    following = Block(0)
                    block.end = CallOut(instruction, following)
                    if target is not None:
                        following.body.append(TakeResult(target))
                case _:
                    block.body.append(instruction)
                    continue
            block = following
            result.append(block)
        block.end = end
    code.blocks = result
    for number, block in enumerate(result):
        block.number = number
