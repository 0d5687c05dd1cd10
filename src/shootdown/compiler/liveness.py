# SPDX-License-Identifier: MIT
"""Which variables are still needed: what a state must remember, and no more."""

from __future__ import annotations

from collections.abc import Callable

from shootdown.compiler.mir import (
    Block,
    Branch,
    Call,
    CallOut,
    Check,
    Code,
    Compute,
    Embed,
    Instruction,
    Load,
    Mark,
    Operand,
    Reg,
    Return,
    Store,
    Wait,
)

__all__ = ["defined", "live_at_entry", "live_in", "uses"]


_USES: dict[type[Instruction], Callable[..., tuple[Operand, ...]]] = {
    Compute: lambda i: (i.left,) if i.op == "copy" else (i.left, i.right),
    Load: lambda i: (i.position,),
    Embed: lambda i: (i.position,),
    Store: lambda i: (i.position, i.source),
    Check: lambda i: (i.condition,),
    Wait: lambda i: (i.condition,),
    Call: lambda i: i.arguments,
    Mark: lambda i: tuple(operand for _, operand in i.arguments),
}


def _none(_: Instruction) -> tuple[Operand, ...]:
    return ()


def uses(instruction: Instruction) -> tuple[Operand, ...]:
    """Return the operands that an instruction reads."""
    return _USES.get(type(instruction), _none)(instruction)


def defined(instruction: Instruction) -> Reg | None:
    """Return the register that an instruction sets."""
    return getattr(instruction, "target", None)


def _before_end(block: Block, live: dict[Block, set[Reg]]) -> set[Reg]:
    found: set[Reg] = set()
    for successor in block.successors:
        found |= live[successor]
    match block.end:
        case Branch(condition=Reg() as reg) | Return(value=Reg() as reg):
            found.add(reg)
        case CallOut(call=call):
            found.update(operand for operand in call.arguments if isinstance(operand, Reg))
    return found


def live_in(code: Code) -> dict[Block, set[Reg]]:
    """Return the registers that are live at the beginning of each block."""
    asked: dict[Block, set[Reg]] = {}
    given: dict[Block, set[Reg]] = {}
    before: dict[Block, list[Block]] = {block: [] for block in code.blocks}
    for block in code.blocks:
        asked[block], given[block] = _asked_and_given(block)
        for successor in block.successors:
            before[successor].append(block)
    live = {block: asked[block] for block in code.blocks}
    work = dict.fromkeys(code.blocks)
    while work:
        block, _ = work.popitem()
        found = asked[block] | (_before_end(block, live) - given[block])
        if len(found) != len(live[block]):
            live[block] = found
            work.update(dict.fromkeys(before[block]))
    return live


def _asked_and_given(block: Block) -> tuple[set[Reg], set[Reg]]:
    """Return the registers that a block reads before it sets them, and those that it sets."""
    asked: set[Reg] = set()
    given: set[Reg] = set()
    for instruction in block.body:
        for operand in uses(instruction):
            if isinstance(operand, Reg) and operand not in given:
                asked.add(operand)
        target = defined(instruction)
        if target is not None:
            given.add(target)
    return asked, given


def live_at_entry(code: Code) -> set[Reg]:
    """Return the registers that may be read before they are set."""
    return live_in(code)[code.entry]
