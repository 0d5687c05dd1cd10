# SPDX-License-Identifier: MIT
"""Everything that runs programs agrees on thousands of random ones.

Interpreter and machine code step by step, the two explorers, programs with and without
reductions, and an enumeration of all schedules that shares no code with any of them.
`SHOOTDOWN_PROGRAMS=20000 SHOOTDOWN_SEED=7` makes a long run of other programs.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, note, seed, settings

from shootdown.compiler.program import build
from tests.differential.agreement import require_same_steps
from tests.differential.oracle import TooLargeError, enumerate_schedules
from tests.differential.strategies import programs
from tests.differential.syntax import Program, render
from tests.exploring import compile_native, require_agreement, walk
from tests.programs import WORDS, request_of

PROGRAMS = int(os.environ.get("SHOOTDOWN_PROGRAMS", "2000"))
SEED = int(os.environ.get("SHOOTDOWN_SEED", "0"))
BATCHES = 20
MOST_STATES = 1500
FIELDS = {
    "shared.x0": 1, "shared.x1": 1, "shared.a": 2, "cell.v": 2, "spinlock_t.owner": 2,
    "cell.g": 2, "buffer.sd_live": 2, "buffer.n": 2,
}  # fmt: skip


def compare(program: Program) -> None:
    text = render(program) + WORDS
    note(text)
    try:
        truth = enumerate_schedules(program, most=MOST_STATES)
    except TooLargeError:
        return
    plain = build(request_of(text, reduce=False))
    whole = walk(plain, FIELDS)
    assert whole.kinds == truth.kinds
    assert whole.ends == truth.values
    reduced = build(request_of(text))
    fewer = walk(reduced, FIELDS)
    assert bool(fewer.broken) == bool(whole.broken)
    assert fewer.kinds <= whole.kinds
    assert fewer.ends == whole.ends or whole.broken
    for built, seen in ((plain, whole), (reduced, fewer)):
        compiled = compile_native(built)
        require_same_steps(built, seen.states, *compiled)
        require_agreement(built, compiled)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_agreement(batch: int) -> None:
    examples = settings(
        max_examples=PROGRAMS // BATCHES,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    seed(SEED * BATCHES + batch)(examples(given(programs())(compare)))()
