# SPDX-License-Identifier: MIT
"""What the two reworks of the gather are about, in numbers; and the state between their commits."""

from __future__ import annotations

import pytest

from shootdown import api

SEED = "mmu_gather_extended_batches^"
"""The kernel as commit d16dfc550f53 left it."""


def test_the_rework_takes_flush_and_free_out_and_the_split_brings_the_flush_back() -> None:
    oldest, rework, split, newest = api.figures(["v2.6.39", "v3.0", "v3.15", "v6.18"])
    assert (oldest.flushes_in, oldest.pages_in) == (1, 2)
    assert (rework.flushes_in, rework.pages_in) == (0, 0)
    assert (split.flushes_in, split.pages_in) == (2, 0)
    assert (newest.flushes_in, newest.pages_in) == (3, 0)
    assert [one.flushes_out for one in (oldest, rework, split, newest)] == [2, 2, 1, 1]
    assert [one.ptl_sections for one in (oldest, rework, split, newest)] == [1, 2, 2, 3]
    assert rework.ptl_steps < oldest.ptl_steps < split.ptl_steps < newest.ptl_steps
    assert rework.preempt_steps < oldest.preempt_steps


def test_a_feature_with_figures_shows_them() -> None:
    text = api.show("mmu_gather_rework")
    assert "flushes with it held                1        0        2        3\n" in text
    assert "flushes with it held" not in api.show("delayed_rmap")


@pytest.mark.parametrize(
    ("scenario", "verdict"),
    [
        ("zap+full-batch", "holds"),
        ("zap+full-batch-middle", "holds"),
        ("zap+full-batch-table", "holds"),
        ("zap+batch-page", "holds"),
        ("zap+up", "violated: stale_access"),
        ("zap+mkclean", "violated: lost_write"),
        ("zap+gup", "holds"),
    ],
)
def test_the_state_between_the_commits_of_the_rework(scenario: str, verdict: str) -> None:
    (result,) = api.check([scenario], kernels=[SEED])
    found = f"{result.verdict}: {result.invariant}" if result.invariant else str(result.verdict)
    assert found == verdict
