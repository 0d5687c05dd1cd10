# SPDX-License-Identifier: MIT
"""Other processes give the same results, in the same order, and hear an interrupt."""

from __future__ import annotations

import os
import signal

import pytest

from shootdown import api
from shootdown.api import checking
from shootdown.errors import ShootdownError
from shootdown.explore.elsewhere import in_order


def _half(number: int) -> int:
    return number // 2


def _half_then_interrupt(number: int) -> int:
    if number == 4:
        os.kill(os.getppid(), signal.SIGINT)
    return number // 2


def _end(number: int) -> int:
    os._exit(number)


def test_results_come_in_the_order_of_the_work() -> None:
    waited_for: list[int] = []
    assert list(in_order(_half, range(9), 2, waited_for.append)) == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert waited_for == sorted(waited_for)


def test_an_interrupt_ends_it_after_what_is_known() -> None:
    found: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        found.extend(in_order(_half_then_interrupt, [0, 2, 4, *[6] * 500], 1))
    assert found[:2] == [0, 1]
    assert len(found) < 500


def test_a_process_that_is_ended_from_outside_is_reported() -> None:
    with pytest.raises(ShootdownError, match="ended from outside"):
        list(in_order(_end, [1], 1))


def test_a_check_in_two_processes_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = ["zap+alone", "planted-leak"]

    def said(processes: int) -> list[tuple[object, ...]]:
        found = api.check(scenarios, kernels=[api.ALL_KERNELS], processes=processes)
        return [
            (r.scenario, r.kernel, r.verdict, r.invariant, r.states, r.execution) for r in found
        ]

    alone = said(1)
    monkeypatch.setattr(checking, "A_MOMENT_S", 0.0)
    assert said(2) == alone
