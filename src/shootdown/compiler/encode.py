# SPDX-License-Identifier: MIT
"""From the interpreter's state to the bits of a stored state, the way the layout says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shootdown.compiler.interp import State
from shootdown.compiler.layout import Layout

if TYPE_CHECKING:
    from shootdown.compiler.program import Program

__all__ = ["encode", "pack"]


def encode(program: Program, state: State) -> list[int]:
    """Return the working words of a state; a variable that is not needed any more is zero."""
    layout = program.layout
    words = [0] * layout.words
    for item, spot in layout.spots.items():
        for number, value in enumerate(state.memory[item]):
            stored = value - spot.low
            assert 0 <= stored < 2**spot.width or spot.width == 0, f"{item} = {value}"
            if spot.per_word:
                word = spot.word + number // spot.per_word
                shift = number % spot.per_word * (64 // spot.per_word)
            else:
                word, shift = spot.word, spot.shift + number * spot.width
            words[word] |= (stored << shift) if spot.width else 0
    for task, stack in enumerate(state.stacks):
        _encode_stack(program, state, task, words)
        if stack:
            words[layout.bases[task]] |= layout.numbers[stack[-1].block]
    return words


def _encode_stack(program: Program, state: State, task: int, words: list[int]) -> None:
    layout = program.layout
    base = layout.bases[task]
    stack = state.stacks[task]
    for depth, active in enumerate(stack):
        frame = layout.frames[active.code]
        parts = [(frame.slots[reg], active.variables[reg]) for reg in frame.live[active.block]]
        if frame.back is not None:
            caller = stack[depth - 1]
            parts.append((frame.back, frame.sites.index((caller.code, caller.block))))
        for slot, value in parts:
            word, shift = divmod(slot.offset, 64)
            stored = value - slot.low
            assert 0 <= stored < 2**slot.width, f"{active.code.name}: {value}"
            words[base + word] |= stored << shift


def pack(layout: Layout, words: Sequence[int]) -> tuple[int, ...]:
    """Return the words of the stored state: the used bits of the working words in a row."""
    number, position = 0, 0
    for word, used in zip(words, layout.used, strict=True):
        assert word < 2**used
        number |= word << position
        position += used
    return tuple((number >> 64 * k) & (2**64 - 1) for k in range(layout.stored_words))
