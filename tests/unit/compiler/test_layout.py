# SPDX-License-Identifier: MIT
"""Where the variables of a task are kept."""

from __future__ import annotations

import pytest

from shootdown.compiler.program import build
from tests.exploring import require_agreement
from tests.programs import WORDS, request_of

PROGRAM = """
NAME = "full"

@struct(count=1)
class cell:
    v: Annotated[int, upto(1)]

@task(cpu=0)
def one() -> None:
    wide: Annotated[int, upto(2 ** {bits} - 1)] = record(cell, 0).v
    fixed: Annotated[int, upto(0)] = record(cell, 0).v * 0
    record(cell, 0).v = 1
    assert wide == 0 and fixed == 0

@task(cpu=1)
def two() -> None:
    assert record(cell, 0).v < 2
"""


@pytest.mark.parametrize("bits", range(56, 63))
def test_a_variable_of_one_value_needs_no_word(bits: int) -> None:
    """One of these widths fills the word of the task to the last bit."""
    program = build(request_of(PROGRAM.format(bits=bits) + WORDS))
    require_agreement(program)
