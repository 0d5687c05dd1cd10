# SPDX-License-Identifier: MIT
"""Where everything stands in the state that SPIN stores: whole bytes, as Promela variables would.

A task's bytes are its place and then the frames of its calls, each behind its callers' frames.
"""

from __future__ import annotations

from dataclasses import dataclass

from shootdown.compiler.interp import State
from shootdown.compiler.layout import Slot, callers_first
from shootdown.compiler.mir import Code, Reg
from shootdown.compiler.program import Program
from shootdown.compiler.types import Field, storage

__all__ = ["Bytes", "Place", "Row", "place_bytes"]


@dataclass(frozen=True, slots=True)
class Place:
    """A number in the state: a C expression for its address, its size, what 0 stands for."""

    address: str
    bits: int
    low: int


@dataclass(frozen=True, slots=True)
class Row:
    """The parts of a field, one after the other."""

    start: int
    bits: int
    low: int

    def at(self, position: str) -> Place:
        """Return the part at a position, which is C text."""
        return Place(f"W + {self.start} + {self.bits // 8} * ({position})", self.bits, self.low)


@dataclass(frozen=True, slots=True)
class Bytes:
    """The bytes of a state. Addresses in frames count from `F`, where the task's bytes begin."""

    fields: dict[Field, Row]
    slots: dict[tuple[Code, Slot], Place]
    backs: dict[Code, Place]
    extents: dict[Code, tuple[int, int]]
    bases: list[int]
    place_size: int
    size: int
    frames: dict[Code, dict[Reg, Slot]]

    def slot(self, code: Code, reg: Reg) -> Place:
        """Return where a variable of a function stands."""
        return self.slots[code, self.frames[code][reg]]

    def extent(self, code: Code) -> tuple[int, int]:
        """Return the first byte of a function's frame, and the first behind it."""
        return self.extents[code]

    def encode(self, program: Program, state: State) -> list[int]:
        """Return the bytes of a state."""
        found = bytearray(self.size)
        for item, row in self.fields.items():
            for number, value in enumerate(state.memory[item]):
                size = row.bits // 8
                start = row.start + number * size
                found[start : start + size] = (value - row.low).to_bytes(size, "little")
        for task, stack in enumerate(state.stacks):
            if stack:
                start, size = self.bases[task], self.place_size // 8
                place = program.layout.numbers[stack[-1].block]
                found[start : start + size] = place.to_bytes(size, "little")
            for depth, active in enumerate(stack):
                parts = [
                    (self.slot(active.code, reg), active.variables[reg])
                    for reg in program.layout.frames[active.code].live[active.block]
                ]
                if active.code in self.backs:
                    caller = stack[depth - 1]
                    sites = program.layout.frames[active.code].sites
                    parts.append(
                        (self.backs[active.code], sites.index((caller.code, caller.block)))
                    )
                for place_, value in parts:
                    size = place_.bits // 8
                    start = self.bases[task] + int(place_.address.removeprefix("F + "))
                    found[start : start + size] = (value - place_.low).to_bytes(size, "little")
        return list(found)


def place_bytes(program: Program) -> Bytes:
    """Give every field and every variable its bytes."""
    fields: dict[Field, Row] = {}
    size = 0
    for item in program.layout.spots:
        low, width = storage(item.type)
        bits = _whole(width)
        fields[item] = Row(size, bits, low)
        size += bits // 8 * item.struct.total * (item.length or 1)
    place_size = 8 if max(program.layout.numbers.values(), default=0) < 256 else 16
    slots: dict[tuple[Code, Slot], Place] = {}
    backs: dict[Code, Place] = {}
    extents: dict[Code, tuple[int, int]] = {}
    frames = program.layout.frames
    for code in callers_first(list(frames)):
        callers = [extents[caller][1] for caller, _ in frames[code].sites]
        start = position = max(callers, default=place_size // 8)
        if frames[code].back is not None:
            bits = _whole(len(frames[code].sites).bit_length())
            backs[code] = Place(f"F + {position}", bits, 0)
            position += bits // 8
        for slot in dict.fromkeys(frames[code].slots.values()):
            bits = _whole(slot.width)
            slots[code, slot] = Place(f"F + {position}", bits, slot.low)
            position += bits // 8
        extents[code] = (start, position)
    bases = []
    for task in program.tasks:
        bases.append(size)
        reached = callers_first([task.code])
        size += max(extents[code][1] for code in reached)
    regs = {code: frame.slots for code, frame in frames.items()}
    return Bytes(fields, slots, backs, extents, bases, place_size, size, regs)


def _whole(width: int) -> int:
    """Return the bits of the smallest C integer that holds `width` bits."""
    return next(bits for bits in (0, 8, 16, 32, 64) if bits >= width)
