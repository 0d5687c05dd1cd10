# SPDX-License-Identifier: MIT
"""SPIN, on the Promela made from a program, counts the same states and finds the same verdicts."""

from pathlib import Path

import pytest

from benchmarks import spin
from benchmarks.programs import VARIANTS, protocol, scenario
from shootdown.compiler.program import Program, build
from shootdown.compiler.promela import promela
from shootdown.explore.engine import Job
from shootdown.explore.native import Limits
from shootdown.explore.reference import explore
from tests.programs import WORDS, compile_text

pytestmark = pytest.mark.skipif(bool(spin.MISSING), reason=spin.MISSING)


SMALL = """
NAME = "small"
small_t = Annotated[int, span(-3, 4)]

@struct(count=2)
class thing:
    owner: Annotated[int, upto(NR_TASKS)]
    left: small_t
    parts: Array[small_t] = array(2)

@kernel
def lock(it: Ref[thing]) -> None:
    with atomic():
        wait_until(it.owner == 0)
        it.owner = this_task() + 1

@kernel
def move(it: Ref[thing], by: small_t) -> small_t:
    it.left = it.left + by
    return it.left // 2

@kernel
def work(first: Ref[thing], second: Ref[thing]) -> None:
    lock(first)
    lock(second)
    n = choose(3)
    for k in range(2):
        first.parts[k] = move(first, n - 1)
    assert second.left > -2
    second.owner = 0
    first.owner = 0

@task(cpu=0)
def one() -> None:
    work(record(thing, 0), record(thing, 1))

@task(cpu=1)
def two() -> None:
    work(record(thing, 1), record(thing, 0))
"""


def run_spin(program: Program, folder: Path) -> spin.SpinRun:
    """Compile the program for SPIN, quickly, and run it."""
    spin.prepare(spin.write(promela(program), folder), folder, flags=["-O0"])
    return spin.run(folder, options=["-w18"])


def require_agreement(program: Program, folder: Path) -> None:
    """SPIN and the plain explorer see the same states, and the same sites break."""
    found = explore(program, all_levels=True)
    oracle = run_spin(program, folder)
    assert oracle.states == found.states + 1
    numbers = {program.sites.get(site, 0) for site in found.violations}
    assert set(oracle.sites) == numbers
    assert (oracle.errors > 0) == bool(numbers)


@pytest.mark.parametrize(("variant", "mapcheck"), [(0, True), (2, True)])
def test_protocol(tmp_path: Path, variant: int, mapcheck: bool) -> None:
    request = protocol(1, 1, 1, variant=variant, mapcheck=mapcheck)
    require_agreement(build(request), tmp_path)
    assert run_spin(build(request), tmp_path).states == VARIANTS[variant, mapcheck][0] + 1


@pytest.mark.parametrize(("variant", "mapcheck"), VARIANTS)
def test_protocol_by_hand(tmp_path: Path, variant: int, mapcheck: bool) -> None:
    states, transitions, broken = VARIANTS[variant, mapcheck]
    names = {"NR_PAGES": 1, "NR_CPUS": 1, "NR_ROUNDS": 1, "VARIANT": variant, "MAPCHECK": mapcheck}
    flags = [f"-D{name}={int(number)}" for name, number in names.items()]
    spin.prepare(Path(spin.__file__).with_name("zap_protocol.pml"), tmp_path, flags=[*flags, "-O0"])
    found = spin.run(tmp_path, options=["-w18"])
    # SPIN's transitions are states stored and states met again: the initial state is among them.
    assert (found.states, found.transitions) == (states, transitions + 1)
    assert (found.errors > 0) == bool(broken)


def test_locks_choices_calls_and_deadlocks(tmp_path: Path) -> None:
    program = compile_text(SMALL + WORDS)
    require_agreement(program, tmp_path)


@pytest.mark.parametrize(("kernel", "broken"), [("v3.14", "lost_write"), ("v3.15", "")])
def test_packaged_scenario(tmp_path: Path, kernel: str, broken: str) -> None:
    job = Job(scenario("zap+mkclean", kernel), kernel, use_cache=False)
    program = job.built()
    oracle = run_spin(program, tmp_path)
    answer = job.explore(Limits(), None)
    assert (answer.site.kind if answer.site else "") == broken
    assert {site.kind for site, number in program.sites.items() if number in oracle.sites} == (
        {broken} if broken else set()
    )
    if not broken:
        assert oracle.states == answer.outcome.states + 1
