# SPDX-License-Identifier: MIT
"""A state has what tasks change: a field that never is anything but 0 takes no bits."""

from tests.exploring import violations
from tests.programs import WORDS, compile_text

CLEARS = """
NAME = "clears"

@struct(count=1)
class marks:
    never: Bool
    early: Bool
    late: Bool

@setup(cpu=0)
def before() -> None:
    record(marks, 0).early = True
    record(marks, 0).never = False

@task(cpu=0)
def first() -> None:
    it = record(marks, 0)
    it.never = False
    it.early = False
    it.late = it.early

@task(cpu=1)
def second() -> None:
    it = record(marks, 0)
    check(not it.never, "impossible")
    check(not it.late, "impossible")
    check(it.early, "possible")
"""


def test_a_field_that_is_always_zero_is_not_stored() -> None:
    program = compile_text(CLEARS + WORDS)
    assert sorted(field.name for field in program.layout.spots) == ["early", "late"]
    assert [field.name for field in program.constant] == ["never"]


def test_what_only_the_setup_sets_can_be_cleared() -> None:
    assert violations(CLEARS) == ["possible at s.py:26 in second(): it.early"]
