# SPDX-License-Identifier: MIT
"""When a load misses a store that was made to the page's next frame, and when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invariants.scripts import Line, judged

LOAD: Line = (1, "sd_access(0, False)")
LOAD_ELSEWHERE: Line = (2, "sd_access(0, False)")
LATE_LOAD: Line = (1, "cpu_access(0, False)")
LATE_LOAD_ELSEWHERE: Line = (2, "cpu_access(0, False)")
DROP: Line = (
    0,
    "with atomic():\n    record(page_origin, 0).home = 1\n    page_evicted(0)",
)
UNMAP: Line = (0, "hw_xchg_entry(entry(0), entry_t())")
COME_BACK: Line = (
    0,
    "hw_alloc_frame()\nrecord(page_origin, 1).home = 1\nhw_read_disk(1)",
)
ANOTHER_COMES: Line = (
    0,
    "hw_alloc_frame()\nrecord(page_origin, 1).home = 2\nhw_read_disk(1)",
)
MAP: Line = (
    0,
    "hw_write_entry(entry(0), entry_t(present=True, write=True, pfn=1))",
)
STORE: Line = (0, "cpu_access(0, True)")
RETURN = [DROP, UNMAP, COME_BACK, MAP]

MISSED = {
    "through a TLB": [LOAD, *RETURN, STORE, LATE_LOAD],
    "in another process": [LOAD_ELSEWHERE, LOAD, *RETURN, STORE, LATE_LOAD_ELSEWHERE],
    "through an entry that was left": [
        *[LOAD_ELSEWHERE, *RETURN, STORE, (2, "hw_invlpg(0)")],
        LATE_LOAD_ELSEWHERE,
    ],
}

SEEN = {
    "nobody has stored": [LOAD, *RETURN, LATE_LOAD],
    "flushed": [LOAD, *RETURN, STORE, (1, "hw_invlpg(0)"), LATE_LOAD],
    "another page has come": [LOAD, DROP, UNMAP, ANOTHER_COMES, MAP, STORE, LATE_LOAD],
    "loaded before": [LOAD, *RETURN, LATE_LOAD, STORE],
}


@pytest.mark.parametrize("story", MISSED)
def test_a_load_misses_a_store(tmp_path: Path, story: str) -> None:
    assert judged(tmp_path, MISSED[story]) == "coherence"


@pytest.mark.parametrize("story", SEEN)
def test_a_load_misses_nothing(tmp_path: Path, story: str) -> None:
    assert judged(tmp_path, SEEN[story]) == "holds"
