# SPDX-License-Identifier: MIT
"""One pass of reclaim is enough: scenarios begin where the passes before have cleared the bits.

An entry is looked at twice: the first look clears the accessed bit, and flushes nothing. Scenarios
have that done in their setup, and the CPU still stores through what it remembers. But the MMU may
set the bit once more, and then a pass only clears it; with a second pass the page is reclaimed all
the same, as one that was used once. That changes no verdict.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown import api
from shootdown.execution import Result

ONE_PASS = "    shrink_lruvec(sc)\n"


def checked(scenario: str, patches: list[str]) -> Result:
    """Check a scenario under the newest kernel."""
    (result,) = api.check([scenario], kernels=["v6.18"], patches=patches)
    return result


@pytest.mark.parametrize(
    ("scenario", "reclaim"),
    [
        ("reclaim+flusher", "try_to_free_pages"),
        ("reclaim+flusher-kswapd", "balance_pgdat"),
        ("reclaim+lazy", "try_to_free_pages"),
        ("reclaim+swap", "try_to_free_pages"),
        ("reclaim+switch", "try_to_free_pages"),
        ("reclaim+truncate", "try_to_free_pages"),
        ("swapin-full", "try_to_free_pages"),
    ],
)
def test_a_second_pass_changes_no_verdict(tmp_path: Path, scenario: str, reclaim: str) -> None:
    text = api.show(reclaim)
    assert text.count(ONE_PASS) == 1
    patch = tmp_path / "two_passes.py"
    patch.write_text(text.replace(ONE_PASS, 2 * ONE_PASS), "utf-8")
    once, twice = checked(scenario, []), checked(scenario, [str(patch)])
    assert (once.verdict, once.invariant) == (twice.verdict, twice.invariant)
    assert once.states < twice.states or once.invariant
