# SPDX-License-Identifier: MIT
"""Which steps may write before they find that they have to wait.

A step that is not possible leaves no trace: what it has written is thrown away. Most steps wait
before they write anything, and then there is nothing to throw away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shootdown.compiler.layout import Layout
from shootdown.compiler.mir import Block, Call, CallOut, Code, Return, Store, Wait, Yield

__all__ = ["places_that_write_first"]


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a function without scheduling points may do."""

    writes: bool
    waits: bool
    writes_first: bool


def places_that_write_first(
    layout: Layout, codes: Sequence[Code], gates: Iterable[Code]
) -> list[int]:
    """Return, for each place, 1 if its step may write and then wait, else 0; place 0 is the end.

    A gate belongs to every step: one that writes may keep its task from moving afterwards.
    """
    effects: dict[Code, _Effect] = {}
    for code in _callees_first(codes):
        effects[code] = _effect(code, effects)
    returns = {
        block: [back for _, back in frame.sites]
        for code, frame in layout.frames.items()
        for block in code.blocks
    }
    if any(effects[gate].writes for gate in gates):
        return [1] * (len(layout.points) + 1)
    found = [0] * (len(layout.points) + 1)
    marked = _that_may(
        [(block, False) for _, block in layout.points],
        lambda place: _next(*place, effects, returns),
    )
    for _, block in layout.points:
        found[layout.numbers[block]] = int((block, False) in marked)
    return found


def _callees_first(codes: Sequence[Code]) -> list[Code]:
    order: dict[Code, None] = {}

    def visit(code: Code) -> None:
        for callee in _called(code):
            if callee not in order:
                visit(callee)
        order[code] = None

    for code in codes:
        if code.is_plain and code not in order:
            visit(code)
    return list(order)


def _called(code: Code) -> Iterable[Code]:
    return (i.callee for block in code.blocks for i in block.body if isinstance(i, Call))


def _effect(code: Code, effects: dict[Code, _Effect]) -> _Effect:
    start = (code.entry, False)
    bodies = [i for block in code.blocks for i in block.body]
    callees = [effects[callee] for callee in _called(code)]
    return _Effect(
        writes=any(isinstance(i, Store) for i in bodies) or any(e.writes for e in callees),
        waits=any(isinstance(i, Wait) for i in bodies) or any(e.waits for e in callees),
        writes_first=bool(_that_may([start], lambda place: _next(*place, effects, {})) & {start}),
    )


_Place = tuple[Block, bool]
"""A block, and whether something was written before it."""


def _that_may(
    starts: Iterable[_Place], following: Callable[[_Place], list[_Place] | None]
) -> set[_Place]:
    """Return the places from which one may come to a place that nothing follows (None)."""
    before: dict[_Place, list[_Place]] = {}
    found = []
    work = list(starts)
    seen = set(work)
    while work:
        place = work.pop()
        behind = following(place)
        if behind is None:
            found.append(place)
            continue
        for other in behind:
            before.setdefault(other, []).append(place)
            if other not in seen:
                seen.add(other)
                work.append(other)
    marked = set(found)
    while found:
        for place in before.get(found.pop(), ()):
            if place not in marked:
                marked.add(place)
                found.append(place)
    return marked


def _next(
    block: Block, wrote: bool, effects: dict[Code, _Effect], returns: dict[Block, list[Block]]
) -> list[_Place] | None:
    """Return what follows a block in its step, or None if it may wait with something written.

    `returns` has, for each block, where its function goes on when it returns.
    """
    for instruction in block.body:
        match instruction:
            case Store():
                wrote = True
            case Wait() if wrote:
                return None
            case Call(callee=callee):
                effect = effects[callee]
                if effect.writes_first or (wrote and effect.waits):
                    return None
                wrote = wrote or effect.writes
    return _following(block, wrote, returns)


def _following(block: Block, wrote: bool, returns: dict[Block, list[Block]]) -> list[_Place]:
    match block.end:
        case Yield(sched=sched, target=target):
            # A step ends here, unless it has just taken a lock.
            return [(target, True)] if sched.joins else []
        case CallOut(call=call):
            return [(call.callee.entry, True)]
        case Return():
            return [(back, True) for back in returns.get(block, [])]
    return [(following, wrote) for following in block.successors]
