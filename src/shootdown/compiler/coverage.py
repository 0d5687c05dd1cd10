# SPDX-License-Identifier: MIT
"""Which lines of kernel functions an exploration reached: one byte a block says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shootdown.compiler.mir import Block, CallOut, Code, Instruction, Yield

__all__ = ["BlockLines", "lines_of_blocks", "reached"]


@dataclass(frozen=True, slots=True)
class BlockLines:
    """The lines of one function's file that a block stands for."""

    file: str
    lines: tuple[int, ...]


def lines_of_blocks(codes: Iterable[Code]) -> dict[Block, BlockLines]:
    """Return the lines of each block of the kernel functions that tasks run."""
    found: dict[Block, BlockLines] = {}
    for code in codes:
        if code.declaration.role != "kernel" or code.monitor:
            continue
        for block in code.blocks:
            lines = {line for i in _instructions(block) if (line := _line(code, i))}
            if lines:
                found[block] = BlockLines(code.declaration.module.display, tuple(sorted(lines)))
    return found


def _instructions(block: Block) -> list[Instruction]:
    match block.end:
        case CallOut(call=call):
            return [*block.body, call]
        case Yield(sched=sched):
            return [*block.body, sched]
    return block.body


def _line(code: Code, instruction: Instruction) -> int:
    site = getattr(instruction, "site", None)
    span = getattr(instruction, "span", None) or getattr(site, "span", None)
    return span.line if span is not None and span.file == code.declaration.module.display else 0


def reached(
    blocks: Sequence[BlockLines], ran: Sequence[int]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the lines of blocks that ran, and those of which none did, as `file:line`."""
    seen = {(b.file, n) for b, done in zip(blocks, ran, strict=True) if done for n in b.lines}
    missing = {(b.file, n) for b in blocks for n in b.lines} - seen
    texts = tuple(f"{file}:{line}" for file, line in sorted(missing))
    return frozenset(f"{file}:{line}" for file, line in seen), texts
