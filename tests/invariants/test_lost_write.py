# SPDX-License-Identifier: MIT
"""When a store is lost, and when the disk has it, or nobody needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invariants.scripts import MEMORY, Line, judged

STORE: Line = (0, "sd_access(0, True)")
CLEAN: Line = (0, "hw_write_entry(entry(0), replace(hw_read_entry(entry(0)), dirty=False))")
FLUSH: Line = (0, "hw_invlpg(0)")
TAKE_BLOCK: Line = (
    0,
    (
        "with atomic():\n"
        "    hw_alloc_block()\n"
        "    record(page_flags, 0).swapcache = True\n"
        "    record(page_place, 0).swap = 0"
    ),
)
WRITE: Line = (0, "hw_write_block(0, 0)")
GIVE_BLOCK: Line = (
    0,
    "with atomic():\n    record(page_flags, 0).swapcache = False\n    hw_free_block(0)",
)
MARK: Line = (0, "with atomic():\n    record(page_flags, 0).dirty = True")
DROP: Line = (0, "with atomic():\n    page_evicted(0)")
DISCARD: Line = (0, "with atomic():\n    page_discarded(0)")
DISOWN: Line = (0, "with atomic():\n    page_disowned(0)")
DISOWNED: Line = (0, "with atomic():\n    disowning_done(root(), 0, 1)")

VIOLATED = {
    "never written": [CLEAN],
    "its block is given back": [TAKE_BLOCK, WRITE, CLEAN, GIVE_BLOCK],
    "its block is given back before it is dropped": [TAKE_BLOCK, WRITE, CLEAN, GIVE_BLOCK, DROP],
    "stored to after it was written": [TAKE_BLOCK, WRITE, STORE, CLEAN],
    "stored to after it was dropped": [TAKE_BLOCK, WRITE, DROP, STORE],
    "dropped, and never written": [TAKE_BLOCK, DROP],
    "discarded, and needed": [DISCARD],
    "discarded, and stored to since": [DISOWN, DISOWNED, STORE, DISCARD],
}

KEPT = {
    "its entry is dirty": [STORE],
    "it is marked dirty": [CLEAN, MARK],
    "its block has it": [TAKE_BLOCK, WRITE, CLEAN, FLUSH],
    "its block has been given back, and it is dirty": [TAKE_BLOCK, WRITE, CLEAN, GIVE_BLOCK, MARK],
    "another has the block": [TAKE_BLOCK, WRITE, STORE, GIVE_BLOCK],
    "nobody needs it": [DISOWN, CLEAN, FLUSH, DISCARD, DISOWNED],
    "nobody needs it, nor its block": [
        *[TAKE_BLOCK, WRITE, CLEAN, FLUSH, GIVE_BLOCK],
        *[DISOWN, DISCARD, DISOWNED],
    ],
}


@pytest.mark.parametrize("story", VIOLATED)
def test_it_is_lost(tmp_path: Path, story: str) -> None:
    config = {"CONFIG_SWAP": True}
    assert judged(tmp_path, VIOLATED[story], setup=MEMORY, config=config) == "lost_write"


@pytest.mark.parametrize("story", KEPT)
def test_it_is_kept(tmp_path: Path, story: str) -> None:
    config = {"CONFIG_SWAP": True}
    assert judged(tmp_path, KEPT[story], setup=MEMORY, config=config) == "holds"
