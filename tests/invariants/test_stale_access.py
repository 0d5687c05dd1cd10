# SPDX-License-Identifier: MIT
"""Who reaches a frame that was freed, by what a TLB has kept or an entry that was left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invariants.scripts import MEMORY, Line, judged

LOAD: Line = (1, "sd_access(0, False)")
LATE_LOAD: Line = (1, "cpu_access(0, False)")
CLEAR: Line = (0, "hw_xchg_entry(entry(0), entry_t())")
KEEP: Line = (
    0,
    "hw_write_entry(entry(0), replace(hw_read_entry(entry(0)), present=False, write=True))",
)
FLUSH: Line = (1, "hw_invlpg(0)")
FREE: Line = (0, "hw_free_frame(0)")
TAKE: Line = (0, "hw_alloc_frame()")
MAP: Line = (0, "hw_write_entry(entry(0), entry_t(present=True, pfn=0))")

REACHED = {
    "through a TLB": [LOAD, CLEAR, FREE, LATE_LOAD],
    "through a TLB, as the next owner's": [LOAD, CLEAR, FREE, TAKE, MAP, LATE_LOAD],
    "through an entry": [LOAD, FREE, FLUSH, LATE_LOAD],
    "through an entry, as the next owner's": [FREE, TAKE, LATE_LOAD],
    "once it is accessible again": [KEEP, FREE],
}

NOT_REACHED = {
    "flushed": [LOAD, CLEAR, FLUSH, FREE, LATE_LOAD],
    "mapped by its next owner": [LOAD, CLEAR, FLUSH, FREE, TAKE, MAP, LATE_LOAD],
}


@pytest.mark.parametrize("story", REACHED)
def test_a_freed_frame_is_reached(tmp_path: Path, story: str) -> None:
    assert judged(tmp_path, REACHED[story], setup=MEMORY) == "stale_access"


@pytest.mark.parametrize("story", NOT_REACHED)
def test_a_freed_frame_is_not_reached(tmp_path: Path, story: str) -> None:
    assert judged(tmp_path, NOT_REACHED[story], setup=MEMORY) == "holds"
