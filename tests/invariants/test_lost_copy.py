# SPDX-License-Identifier: MIT
"""Which stores a page loses that is moved, and which it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invariants.scripts import MEMORY, Line, judged

COPY: Line = (0, "hw_copy_frame(0, 1)")
REPLACE: Line = (0, "with atomic():\n    page_replaced(0, 1)")
LOAD: Line = (0, "sd_access(0, False)")
STORE: Line = (0, "sd_access(0, True)")

VIOLATED = {
    "stored to after it was copied": [STORE, COPY, STORE, REPLACE],
    "stored to after it was replaced": [STORE, COPY, REPLACE, STORE],
    "copied too early, and again": [COPY, COPY, STORE, REPLACE],
}

KEPT = {
    "stored to before": [STORE, COPY, REPLACE],
    "loaded from": [COPY, LOAD, REPLACE, LOAD],
    "copied for nothing": [COPY, STORE],
    "copied once more": [COPY, STORE, COPY, REPLACE],
}


@pytest.mark.parametrize("story", VIOLATED)
def test_it_is_lost(tmp_path: Path, story: str) -> None:
    assert found(tmp_path, VIOLATED[story]) == "lost_write"


@pytest.mark.parametrize("story", KEPT)
def test_it_is_kept(tmp_path: Path, story: str) -> None:
    assert found(tmp_path, KEPT[story]) == "holds"


def found(folder: Path, story: list[Line]) -> str:
    """Judge a script about a page and a frame that it may move to."""
    return judged(folder, story, setup=MEMORY, config={"PAGES_MOVE": True})
