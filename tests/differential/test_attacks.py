# SPDX-License-Identifier: MIT
"""Programs made to be judged wrongly are judged alike with and without reductions."""

from __future__ import annotations

import pytest

from shootdown.compiler.program import build
from tests.differential.attacks import ATTACKS
from tests.exploring import require_agreement
from tests.programs import WORDS, request_of


@pytest.mark.parametrize("name", ATTACKS)
def test_reductions_hide_nothing(name: str) -> None:
    text = ATTACKS[name] + WORDS
    full = require_agreement(build(request_of(text, reduce=False)))
    reduced = require_agreement(build(request_of(text)))
    assert full.violations, "the attack has its race"
    assert reduced.violations


def test_gate_of_a_step_that_waits_leaves_no_trace() -> None:
    """The first task finds its CPU free, and then has to wait for the second: it takes nothing."""
    text = """
NAME = "gate"
@struct(count=1)
class cpu:
    current: Annotated[int, upto(NR_TASKS)]
    ready: Bool
@gate
def may_run() -> Bool:
    unit = record(cpu, 0)
    if unit.current != 0 and unit.current != this_task() + 1:
        return False
    unit.current = this_task() + 1
    return True
@task(cpu=0)
def waiting() -> None:
    wait_until(record(cpu, 0).ready)
@task(cpu=1)
def waking() -> None:
    with atomic():
        record(cpu, 0).ready = True
        record(cpu, 0).current = 0
"""
    assert not require_agreement(build(request_of(text + WORDS))).violations
