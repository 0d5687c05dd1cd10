# SPDX-License-Identifier: MIT
"""Which references are known not to be NULL: a check that cannot fail is left out.

A variable belongs to its task, so what was checked once holds until the variable is set again.
"""

from __future__ import annotations

from collections.abc import Iterator

from shootdown.compiler.mir import Block, Branch, Check, Code, Compute, Instruction, Reg

__all__ = ["leave_out_known_checks"]

_Events = list[tuple[Instruction, Reg]]
"""Of one block, in order: the checks of variables, and what sets a variable."""


def leave_out_known_checks(code: Code) -> None:
    """Take out the checks of a function that come after the same check on every way there."""
    events: dict[Block, _Events] = {}
    answers: dict[Block, Reg] = {}
    seen: set[Reg] = set()
    repeats = False
    for block in code.blocks:
        events[block], tests = _events(block)
        for instruction, reg in events[block]:
            if isinstance(instruction, Check):
                repeats = repeats or reg in seen
                seen.add(reg)
        if isinstance(block.end, Branch) and isinstance(block.end.condition, Reg):
            condition = block.end.condition
            answers[block] = tests.get(condition, condition)
    if repeats:
        known = _known_at(code, events, answers)
        for block in code.blocks:
            _leave_out(block, events[block], known.get(block, set()))


def _events(block: Block) -> tuple[_Events, dict[Reg, Reg]]:
    """Return a block's events, and its tests: results that tell whether a variable is not 0."""
    events: _Events = []
    tests: dict[Reg, Reg] = {}
    for instruction in block.body:
        if isinstance(instruction, Compute):
            target, left = instruction.target, instruction.left
            if not target.is_temporary:
                events.append((instruction, target))
                tests = {test: reg for test, reg in tests.items() if reg is not target}
            elif isinstance(left, Reg) and not left.is_temporary and _is_test(instruction):
                tests[target] = left
        elif isinstance(instruction, Check):
            condition = instruction.condition
            if isinstance(condition, Reg) and condition in tests:
                events.append((instruction, tests[condition]))
        else:
            other = getattr(instruction, "target", None)
            assert other is None or other.is_temporary, "only a copy sets a variable"
    return events, tests


def _is_test(instruction: Compute) -> bool:
    return instruction.op == "ne" and instruction.right == 0


def _known_at(
    code: Code, events: dict[Block, _Events], answers: dict[Block, Reg]
) -> dict[Block, set[Reg]]:
    """Return the variables that are not 0 where a block begins, on every way there."""
    known: dict[Block, set[Reg]] = {code.entry: set()}
    work = [code.entry]
    while work:
        block = work.pop()
        present = known[block].copy()
        for instruction, reg in events[block]:
            _see(instruction, reg, present)
        for successor, there in _onward(block, present, answers):
            if successor in known:
                there &= known[successor]
                if there == known[successor]:
                    continue
            known[successor] = there
            work.append(successor)
    return known


def _see(instruction: Instruction, reg: Reg, present: set[Reg]) -> None:
    """Turn what is not 0 before an event into what is not 0 behind it."""
    if isinstance(instruction, Check):
        present.add(reg)
    else:
        present.discard(reg)


def _onward(
    block: Block, present: set[Reg], answers: dict[Block, Reg]
) -> Iterator[tuple[Block, set[Reg]]]:
    """Return where a block goes on, and what is not 0 there."""
    end = block.end
    for successor in block.successors:
        there = present.copy()
        if block in answers and isinstance(end, Branch) and successor is end.yes is not end.no:
            there.add(answers[block])
        yield successor, there


def _leave_out(block: Block, events: _Events, present: set[Reg]) -> None:
    present = present.copy()
    gone: set[int] = set()
    for instruction, reg in events:
        if isinstance(instruction, Check) and reg in present:
            gone.add(id(instruction))
        _see(instruction, reg, present)
    if not gone:
        return
    kept: list[Instruction] = []
    for instruction in block.body:
        if id(instruction) not in gone:
            kept.append(instruction)
        elif kept and _computes(kept[-1], instruction):
            kept.pop()
    block.body = kept


def _computes(instruction: Instruction, check: Instruction) -> bool:
    """Tell whether an instruction makes the intermediate result that a check looks at."""
    match instruction, check:
        case Compute(target=target), Check(condition=condition):
            return target is condition and target.is_temporary
    return False
