# SPDX-License-Identifier: MIT
"""Every packaged scenario has, under every kernel, the verdict that it declares."""

from __future__ import annotations

import pytest

from shootdown import api
from shootdown.api.asked import asked_of, cells_of, read_model
from shootdown.execution import Result, Verdict
from tests.scenarios import counts
from tests.scenarios.jobs import points

SCENARIOS = [name for name, _ in api.catalogue("scenarios").rows]


def found(result: Result) -> str:
    """Return a verdict in the words of a declared one."""
    if result.verdict is Verdict.VIOLATED:
        return f"{result.verdict}: {result.invariant}"
    return str(result.verdict)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_verdicts_and_counts(scenario: str) -> None:
    results = counts.check(scenario)
    assert results
    for result in results:
        assert result.declared, f"{scenario} declares nothing for {result.kernel}"
        assert found(result) == result.declared, result.kernel
    committed = counts.rows()
    changed = [
        counts.row(result)
        for result in results
        if committed.get((result.scenario, result.kernel)) != counts.row(result)
    ]
    assert changed == [], "if this is meant: python -m tests.scenarios.counts"


@pytest.mark.parametrize(("scenario", "point"), points())
def test_verdicts_inside_a_release(scenario: str, point: str) -> None:
    (result,) = api.check([scenario], kernels=[point])
    assert result.declared
    assert found(result) == result.declared


def test_a_fix_that_no_kernel_has_yet_does_what_is_declared_of_its_release() -> None:
    (result,) = api.check(["reclaim-lazyfree-fork"], kernels=["lazyfree_batch_write"])
    assert result.verdict is Verdict.HOLDS


def test_a_check_of_all_kernels_has_those_inside_a_release() -> None:
    kernels = [result.kernel for result in api.check(["exit+lazy"])]
    assert kernels.index("x86_lazy_flush^") == kernels.index("v4.14") + 1
    inside = [point for scenario, point in points() if scenario == "exit+lazy"]
    assert len(kernels) == len(api.catalogue("kernels").rows) + len(inside)


def test_the_newest_kernel_comes_first_and_is_enough_for_planted_mistakes() -> None:
    model = read_model()
    asked = asked_of(model, (), (), None, None, None, None)
    cells = cells_of(model, [], [api.ALL_KERNELS], asked)
    first, others = cells[: len(SCENARIOS)], cells[len(SCENARIOS) :]
    assert [cell.scenario.name for cell in first] == SCENARIOS
    assert {cell.kernel.name for cell in first} == {model.newest}
    older = {name for name in SCENARIOS if not api.is_planted(name)}
    assert {cell.scenario.name for cell in others} == older
    assert len(others) == len(older) * (len(model.releases) - 1)


def test_each_feature_is_listed_once() -> None:
    """Features of v3 come by two ways: from their file, and from that of v4."""
    listed = [feature.id for feature in read_model().features]
    assert sorted(set(listed)) == sorted(listed)


def test_the_table_has_no_other_rows() -> None:
    kernels = [name for name, _ in api.catalogue("kernels").rows]
    wanted = {(scenario, kernel) for scenario in SCENARIOS for kernel in kernels}
    assert set(counts.rows()) == wanted


def test_each_invariant_is_violated_somewhere() -> None:
    """An invariant that nothing can violate proves nothing."""
    named = {name for name, _ in api.catalogue("invariants").rows}
    violated = set()
    for name in SCENARIOS:
        text = api.show(name)
        violated |= {one for one in named if f'violated("{one}")' in text}
    assert named - violated == set()
