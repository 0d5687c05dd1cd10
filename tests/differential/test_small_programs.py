# SPDX-License-Identifier: MIT
"""Programs that once were run differently by two parts of the project."""

from __future__ import annotations

import pytest

from shootdown.compiler.program import build
from tests.differential.agreement import require_same_steps
from tests.exploring import compile_native, require_agreement, walk
from tests.programs import WORDS, request_of

LOCK = """
NAME = "small"
small = Annotated[int, upto(3)]

@struct
class spinlock_t:
    owner: Annotated[int, upto(NR_TASKS)]

@struct(count=1)
class cell:
    v: small
    lock: spinlock_t

@struct
class gather:
    kept: small

def lock(c: Ref[cell]) -> None:
    with atomic():
        wait_until(c.lock.owner == 0)
        c.lock.owner = this_task() + 1

def unlock(c: Ref[cell]) -> None:
    with atomic():
        check(c.lock.owner == this_task() + 1, "lock_misuse")
        c.lock.owner = 0
"""

PROGRAMS = {
    "a step that goes on behind a lock leaves no variable behind": """
@task(cpu=0)
def one() -> None:
    unlock(record(cell, 0))
    with atomic():
        record(cell, 0).v = record(cell, 0).v ^ 2

@task(cpu=1)
def two() -> None:
    t = local(gather)
    lock(record(cell, 0))
    n = t.kept
    with atomic():
        record(cell, 0).v = record(cell, 0).v ^ 1
""",
}


@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize("name", PROGRAMS)
def test_agreement(name: str, reduce: bool) -> None:
    program = build(request_of(LOCK + PROGRAMS[name] + WORDS, reduce=reduce))
    compiled = compile_native(program)
    require_same_steps(program, walk(program, {}).states, *compiled)
    require_agreement(program, compiled)
