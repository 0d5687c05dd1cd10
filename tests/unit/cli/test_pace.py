# SPDX-License-Identifier: MIT
"""The progress line tells the rate, and guesses the end once it is in sight."""

from __future__ import annotations

from shootdown.api import Progress
from shootdown.cli.output import Pace


def progress(states: int, frontier: int, cell: int = 1) -> Progress:
    return Progress("zap+mkclean", "v6.18", cell, 2, states=states, depth=9, frontier=frontier)


def test_a_growing_frontier_has_no_end_in_sight() -> None:
    pace = Pace()
    pace.note(progress(1_000, 500), 10.0)
    pace.note(progress(5_000, 2_500), 12.0)
    assert pace.text == "1,000 states/s, still growing"


def test_a_shrinking_frontier_ends_like_a_geometric_series() -> None:
    pace = Pace()
    pace.note(progress(10_000, 6_000), 0.0)
    pace.note(progress(12_000, 4_000), 1.0)
    assert pace.text == "4,000 states/s, about 2 s left"


def test_the_next_cell_starts_anew() -> None:
    pace = Pace()
    pace.note(progress(10_000, 6_000), 0.0)
    pace.note(progress(1, 1, cell=2), 1.0)
    assert pace.text == "starting"
