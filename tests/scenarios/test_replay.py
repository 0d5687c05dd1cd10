# SPDX-License-Identifier: MIT
"""A race that was found goes through the same states in the interpreter and in machine code."""

from __future__ import annotations

import ctypes

import pytest

from shootdown.compiler.emit_text import BROKEN, DONE
from shootdown.compiler.encode import encode
from shootdown.compiler.interp import Broken
from shootdown.compiler.llvm import Native
from shootdown.compiler.program import Program
from shootdown.explore.engine import Job
from shootdown.explore.native import Context, Limits
from tests.differential.agreement import FINAL, STEP
from tests.scenarios.jobs import job_of, violated_jobs


@pytest.mark.parametrize(("scenario", "kernel"), violated_jobs())
def test_replay(scenario: str, kernel: str) -> None:
    job = job_of(scenario, kernel)
    answer = job.explore(Limits(), None)
    assert answer.site is not None
    assert answer.execution is not None
    follow(job, answer.execution.schedule, answer.site.where)


def follow(job: Job, schedule: tuple[tuple[int, int], ...], where: str) -> None:
    """Take the steps of a schedule both ways; the last one, or the state behind it, breaks."""
    program = job.built()
    artifact = job.artifact()
    native = Native(artifact.object_code)
    step, final = STEP(native.address("step")), FINAL(native.address("final"))
    state = program.new_state()
    words = (ctypes.c_uint64 * (len(artifact.used) + 8))(*encode(program, state))
    context = Context(artifact)
    context.use(native)
    for number, (task, choice) in enumerate(schedule):
        place = words[artifact.bases[task]] & (2**artifact.pc_width - 1)
        status = step(words, task, choice, place, context.words.ctypes.data)
        if status == BROKEN:
            assert number == len(schedule) - 1
            assert artifact.sites[int(context.words[0])].where == where
            with pytest.raises(Broken) as broken:
                program.machine.step(state, task, choice)
            assert program.sites[broken.value.site] == context.words[0]
            return
        assert status == DONE
        program.machine.step(state, task, choice)
        assert list(words[: len(artifact.used)]) == encode(program, state)
    breaks_at_its_end(
        program, final(words, context.words.ctypes.data), int(context.words[0]), where
    )


def breaks_at_its_end(program: Program, status: int, site: int, where: str) -> None:
    """The state behind the last step is itself what is wrong: judged at the end, or stuck."""
    if status == BROKEN:
        assert {s.span.where for s, number in program.sites.items() if number == site} == {where}
    else:
        assert program.deadlock.span.where == where
