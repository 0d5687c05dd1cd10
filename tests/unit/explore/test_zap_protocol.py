# SPDX-License-Identifier: MIT
"""The yardstick protocol has exactly the states and transitions that other checkers count."""

import pytest

from benchmarks.programs import SIZES, VARIANTS, protocol
from shootdown.compiler.llvm import Native
from shootdown.compiler.program import build
from shootdown.explore.engine import Job
from shootdown.explore.native import Faster, Limits, Search
from shootdown.explore.reference import explore


@pytest.mark.parametrize(("variant", "mapcheck"), VARIANTS)
def test_variants(variant: int, mapcheck: bool) -> None:
    states, transitions, broken = VARIANTS[variant, mapcheck]
    request = protocol(1, 1, 1, variant=variant, mapcheck=mapcheck)
    found = explore(build(request), all_levels=True)
    assert (found.states, found.transitions) == (states, transitions)
    assert {site.kind for site in found.violations} == ({broken} if broken else set())
    answer = Job(request, "", use_cache=False).explore(Limits(), None)
    assert (answer.site.kind if answer.site else "") == broken
    if not broken:
        assert (answer.outcome.states, answer.outcome.transitions) == (states, transitions)


@pytest.mark.parametrize("name", ["S", "M"])
def test_sizes(name: str) -> None:
    size = SIZES[name]
    request = protocol(size.pages, size.cpus, size.rounds, variant=2, mapcheck=True)
    outcome = Job(request, "", use_cache=False).explore(Limits(), None).outcome
    assert outcome.complete
    assert (outcome.states, outcome.transitions) == (size.states, size.transitions)


def test_faster_code_goes_on_with_the_same_search() -> None:
    size = SIZES["S"]
    request = protocol(size.pages, size.cpus, size.rounds, variant=2, mapcheck=True)
    job = Job(request, "", use_cache=False)
    artifact = job.artifact()
    native = Native(artifact.object_code, artifact.loop_code)
    search = Search(artifact, native, artifact.initial)
    outcome = search.run(Limits(), clock=lambda: 0.0, faster=Faster(-1.0, job.fast))
    assert len(search.natives) == 2
    assert (outcome.states, outcome.transitions) == (size.states, size.transitions)
