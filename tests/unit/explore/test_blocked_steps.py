# SPDX-License-Identifier: MIT
"""A step that writes and then finds that it has to wait leaves no trace."""

from shootdown.explore.reference import explore
from tests.exploring import compile_native, search
from tests.programs import WORDS, compile_text

WRITES_FIRST = """
NAME = "writes-first"

@struct(count=1)
class box:
    tries: Annotated[int, upto(3)]
    open: Bool
    seen: Annotated[int, upto(3)]

@hw
def try_once() -> None:
    it = record(box, 0)
    it.tries = it.tries + 1
    wait_until(it.open)

@task(cpu=0)
def patient() -> None:
    with atomic():
        try_once()
    with atomic():
        wait_until(record(box, 0).open)
        record(box, 0).open = False

@task(cpu=1)
def other() -> None:
    with atomic():
        record(box, 0).seen = record(box, 0).tries
    with atomic():
        record(box, 0).open = True

@task(cpu=2)
def third() -> None:
    with atomic():
        record(box, 0).tries = record(box, 0).seen
"""


def test_a_blocked_step_leaves_no_trace() -> None:
    program = compile_text(WRITES_FIRST + WORDS)
    found = explore(program, all_levels=True)
    artifact, native = compile_native(program)
    assert sum(artifact.writes_first) == 1
    outcome = search(artifact, native)
    assert not found.violations
    assert (outcome.states, outcome.transitions) == (found.states, found.transitions)
