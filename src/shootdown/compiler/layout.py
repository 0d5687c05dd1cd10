# SPDX-License-Identifier: MIT
"""Where everything stands in a state: declared bits in 64-bit words.

While a step runs, shared fields and the frames of each task stand in words of their own; a stored
state is the concatenation of the bits in use. No part straddles a word, so that every access is
one load, shift and mask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shootdown.compiler.liveness import live_in
from shootdown.compiler.mir import Block, CallOut, Code, Reg, TakeResult, Yield
from shootdown.compiler.types import Field, storage

__all__ = ["Frame", "Layout", "Slot", "Spot", "callers_first", "lay_out"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A field's parts: part i is `width` bits, `per_word` parts a word from `word`, `shift` on.

    With `per_word` 0 all parts share one word, one after the other. The stored number is the
    value minus `low`.
    """

    word: int
    shift: int
    width: int
    low: int
    count: int
    per_word: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable's bits in the frame of its function: bit `offset` of the task's words."""

    offset: int
    width: int
    low: int


@dataclass(eq=False, slots=True)
class Frame:
    """The variables of a function that outlive a step.

    `live` has, for each block where the function goes on, the registers that it needs there.
    `sites` are the places that it is called from: with more than one, `back` says which.
    """

    slots: dict[Reg, Slot] = field(default_factory=dict)
    live: dict[Block, list[Reg]] = field(default_factory=dict)
    sites: list[tuple[Code, Block]] = field(default_factory=list)
    back: Slot | None = None
    start: int = 0
    end: int = 0


@dataclass(eq=False, slots=True)
class Layout:
    """The words of a state. Task t's frames begin at word `bases[t]`; `used` counts bits a word."""

    spots: dict[Field, Spot]
    frames: dict[Code, Frame]
    points: list[tuple[Code, Block]]
    numbers: dict[Block, int]
    pc_width: int
    bases: list[int]
    used: list[int]

    @property
    def words(self) -> int:
        """The number of words while a step runs."""
        return len(self.used)

    @property
    def bits(self) -> int:
        """The number of bits of a stored state."""
        return sum(self.used)

    @property
    def stored_words(self) -> int:
        """The number of words of a stored state."""
        return max(1, (self.bits + 63) // 64)


def lay_out(
    stored: Iterable[Field], codes: Sequence[Code], tasks: Sequence[Sequence[Code]]
) -> Layout:
    """Give every field and every variable its place. `tasks[t][0]` is the root of task t."""
    spots, used = _place_fields(list(stored))
    stepped = [code for code in codes if not code.is_plain]
    points = [
        (code, block.end.target)
        for code in stepped
        for block in code.blocks
        if isinstance(block.end, Yield)
    ]
    pc_width = len(points).bit_length()
    frames = {code: _frame(code) for code in stepped}
    for code in stepped:
        for block in code.blocks:
            if isinstance(block.end, CallOut):
                frames[block.end.call.callee].sites.append((code, block.end.target))
    for code in callers_first(stepped):
        _place_frame(code, frames, pc_width)
    bases = []
    for reached in tasks:
        bases.append(len(used))
        used.extend(_task_words([frames[c] for c in reached if c in frames], pc_width))
    numbers = _number_points(stepped, points)
    return Layout(spots, frames, points, numbers, pc_width, bases, used)


def _number_points(
    stepped: Sequence[Code], points: Sequence[tuple[Code, Block]]
) -> dict[Block, int]:
    """Number where a function may go on: scheduling points, entries, returns; 0 is the end."""
    numbers = {block: number for number, (_, block) in enumerate(points, 1)}
    for code in stepped:
        numbers.setdefault(code.entry, len(numbers) + 1)
        for block in code.blocks:
            if isinstance(block.end, CallOut):
                numbers[block.end.target] = len(numbers) + 1
    return numbers


def _place_fields(stored: list[Field]) -> tuple[dict[Field, Spot], list[int]]:
    sizes: list[tuple[int, int, int, Field]] = []
    spots: dict[Field, Spot] = {}
    for order, item in enumerate(stored):
        low, width = storage(item.type)
        count = item.struct.total * (item.length or 1)
        if width == 0 or count == 0:
            spots[item] = Spot(0, 0, 0, low, count)
        else:
            sizes.append((width * count, width, order, item))
    sizes.sort(key=lambda entry: (-entry[0], entry[2]))
    used: list[int] = []
    for total, width, _, item in sizes:
        low, _ = storage(item.type)
        count = item.struct.total * (item.length or 1)
        if total <= 64:
            word = next((w for w, bits in enumerate(used) if bits + total <= 64), len(used))
            if word == len(used):
                used.append(0)
            spots[item] = Spot(word, used[word], width, low, count)
            used[word] += total
        else:
            per_word = 1 << ((64 // width).bit_length() - 1)
            spots[item] = Spot(len(used), 0, width, low, count, per_word)
            for first in range(0, count, per_word):
                parts = min(per_word, count - first)
                used.append((parts - 1) * (64 // per_word) + width)
    return spots, used


def _frame(code: Code) -> Frame:
    live = live_in(code)
    frame = Frame()
    for block in code.blocks:
        if isinstance(block.end, Yield | CallOut):
            target = block.end.target
            needed = set(live[target])
            if target.body and isinstance(target.body[0], TakeResult):
                needed.discard(target.body[0].target)
            frame.live[target] = sorted(needed, key=lambda reg: reg.name)
    return frame


def _place_frame(code: Code, frames: dict[Code, Frame], pc_width: int) -> None:
    frame = frames[code]
    frame.start = max([frames[caller].end for caller, _ in frame.sites], default=pc_width)
    position = frame.start
    if len(frame.sites) > 1:
        width = (len(frame.sites) - 1).bit_length()
        position = _aligned(position, width)
        frame.back = Slot(position, width, 0)
        position += width
    for members, low, width in _colour(frame):
        position = _aligned(position, width)
        slot = Slot(position if width else 0, width, low)
        frame.slots.update(dict.fromkeys(members, slot))
        position += width
    frame.end = position


def _aligned(position: int, width: int) -> int:
    """Return the first position from `position` on where `width` bits lie in one word."""
    return position if position % 64 + width <= 64 else (position // 64 + 1) * 64


def _colour(frame: Frame) -> list[tuple[list[Reg], int, int]]:
    """Let variables of one width share bits where they are never needed together."""
    together: dict[Reg, set[Reg]] = {}
    for needed in frame.live.values():
        for reg in needed:
            together.setdefault(reg, set()).update(needed)
    groups: list[tuple[list[Reg], int, int]] = []
    for reg in sorted(together, key=lambda reg: (-storage(reg.kind)[1], reg.name)):
        low, width = storage(reg.kind)
        for members, group_low, group_width in groups:
            fits = (group_low, group_width) == (low, width)
            if fits and not any(other in together[reg] for other in members):
                members.append(reg)
                break
        else:
            groups.append(([reg], low, width))
    return groups


def callers_first(codes: Sequence[Code]) -> list[Code]:
    """Return the functions with steps that `codes` reach, each behind all of its callers."""
    order: list[Code] = []
    seen: set[Code] = set()

    def visit(code: Code) -> None:
        if code in seen:
            return
        seen.add(code)
        for block in code.blocks:
            if isinstance(block.end, CallOut):
                visit(block.end.call.callee)
        order.append(code)

    for code in codes:
        visit(code)
    return order[::-1]


def _task_words(frames: Sequence[Frame], pc_width: int) -> list[int]:
    top = max([pc_width, *(frame.end for frame in frames)])
    words = [0] * max(1, (top + 63) // 64)
    words[0] = pc_width
    for frame in frames:
        slots = [*frame.slots.values(), *([frame.back] if frame.back else [])]
        for slot in slots:
            word, shift = divmod(slot.offset, 64)
            words[word] = max(words[word], shift + slot.width)
    return words
