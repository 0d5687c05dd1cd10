# SPDX-License-Identifier: MIT
"""One step of a program by the interpreter and by its machine code: the same result."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable

from shootdown.compiler.artifact import Artifact
from shootdown.compiler.emit_text import BLOCKED, BROKEN, DONE
from shootdown.compiler.encode import encode
from shootdown.compiler.interp import Blocked, Broken, State
from shootdown.compiler.llvm import Native
from shootdown.compiler.program import Program
from shootdown.explore.native import Context
from shootdown.explore.reference import alternatives

__all__ = ["require_same_steps"]

STEP = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p
)
FINAL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)

Result = tuple[int, object]


def interpreted(program: Program, state: State, task: int, choice: int) -> Result:
    """Return status, and the working words behind the step or the number of the failing site."""
    following = state.copy()
    try:
        program.machine.step(following, task, choice)
    except Blocked:
        return BLOCKED, None
    except Broken as broken:
        return BROKEN, program.sites[broken.site]
    return DONE, encode(program, following)


def require_same_steps(
    program: Program, states: Iterable[State], artifact: Artifact, native: Native
) -> None:
    """Take every step from every state, both ways."""
    step = STEP(native.address("step"))
    words = (ctypes.c_uint64 * (len(artifact.used) + 8))()
    context = Context(artifact)
    context.use(native)
    for state in states:
        start = encode(program, state)
        for task, base in enumerate(artifact.bases):
            place = start[base] & (2**artifact.pc_width - 1)
            ways, _ = alternatives(program, state, task)
            assert ways == artifact.ways[place]
            for choice in range(ways):
                for number, word in enumerate(start):
                    words[number] = word
                status = step(words, task, choice, place, context.words.ctypes.data)
                result: Result = (status, None)
                if status == DONE:
                    result = DONE, list(words[: len(start)])
                elif status == BROKEN:
                    result = BROKEN, context.words[0]
                assert result == interpreted(program, state, task, choice)
