# SPDX-License-Identifier: MIT
"""Which variables are still needed: what a state must remember, and no more."""

from __future__ import annotations

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

__all__ = ["defined", "live_at_entry", "live_in", "step_back", "uses"]


def uses(instruction: Instruction) -> tuple[Operand, ...]:
    """Return the operands that an instruction reads."""
    match instruction:
        case Compute(op="copy", left=left):
            return (left,)
        case Compute(left=left, right=right):
            return (left, right)
        case Load(position=position) | Embed(position=position):
            return (position,)
        case Store(position=position, source=source):
            return (position, source)
        case Check(condition=condition) | Wait(condition=condition):
            return (condition,)
        case Call(arguments=arguments):
            return arguments
        case Mark(arguments=named):
            return tuple(operand for _, operand in named)
    return ()


def defined(instruction: Instruction) -> Reg | None:
    """Return the register that an instruction sets."""
    return getattr(instruction, "target", None)


def step_back(instruction: Instruction, live: set[Reg]) -> None:
    """Turn what is live behind an instruction into what is live before it."""
    target = defined(instruction)
    if target is not None:
        live.discard(target)
    for operand in uses(instruction):
        if isinstance(operand, Reg):
            live.add(operand)


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
    for block in code.blocks:
        asked[block] = set()
        given[block] = {reg for reg in map(defined, block.body) if reg is not None}
        for instruction in reversed(block.body):
            step_back(instruction, asked[block])
    live = {block: asked[block] for block in code.blocks}
    changed = True
    while changed:
        changed = False
        for block in reversed(code.blocks):
            found = asked[block] | (_before_end(block, live) - given[block])
            if found != live[block]:
                live[block] = found
                changed = True
    return live


def live_at_entry(code: Code) -> set[Reg]:
    """Return the registers that may be read before they are set."""
    return live_in(code)[code.entry]
