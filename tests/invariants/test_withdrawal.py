# SPDX-License-Identifier: MIT
"""Who may still use an entry when a call has given its page back, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invariants.scripts import HUGE, Line, judged

BEGIN: Line = (0, "with atomic():\n    withdrawal_begun(root(), 0, 1)")
DONE: Line = (0, "with atomic():\n    withdrawal_done(root(), 0, 1)")
WATCH: Line = (0, "with atomic():\n    write_protection_begun(root(), 0, 1)")
WATCHED: Line = (0, "with atomic():\n    write_protection_done(root(), 0, 1)")
CLEAR: Line = (0, "hw_xchg_entry(entry(0), entry_t())")
PROTECT: Line = (0, "hw_clear_write(entry(0))")
MAP: Line = (0, "sd_access(0, False)")
MAP_WRITABLE: Line = (0, "sd_access(0, True)")
LOAD: Line = (1, "sd_access(0, False)")
STORE: Line = (1, "sd_access(0, True)")
LATE_LOAD: Line = (1, "cpu_access(0, False)")
LATE_STORE: Line = (1, "cpu_access(0, True)")
FLUSH: Line = (1, "hw_invlpg(0)")
AGE: Line = (1, "hw_test_and_clear_accessed(entry(0))")
TAKE: Line = (1, "kept = hw_xchg_entry(entry(0), entry_t())")
PUT_BACK: Line = (1, "hw_write_entry(entry(0), kept)")
READ: Line = (1, "kept = hw_read_entry(entry(0))")
KEEP: Line = (
    1,
    "hw_write_entry(entry(0), replace(hw_read_entry(entry(0)), present=False, write=True))",
)

VIOLATED = {
    "nobody flushes": [LOAD, BEGIN, CLEAR, DONE, LATE_LOAD],
    "nobody clears": [LOAD, BEGIN, FLUSH, DONE],
    "aged before": [LOAD, BEGIN, AGE, CLEAR, DONE, LATE_LOAD],
    "aged, and nobody clears": [LOAD, BEGIN, AGE, FLUSH, DONE],
    "looked at, and nobody clears": [LOAD, BEGIN, TAKE, PUT_BACK, FLUSH, DONE],
    "put back after it was taken out": [LOAD, BEGIN, READ, CLEAR, PUT_BACK, FLUSH, DONE],
    "put back, and used": [LOAD, BEGIN, READ, CLEAR, PUT_BACK, CLEAR, DONE, LATE_LOAD],
    "mapped anew elsewhere": [LOAD, BEGIN, CLEAR, (1, "sd_access(1, False)"), DONE, LATE_LOAD],
    "mapped anew by others": [LOAD, BEGIN, CLEAR, (2, "sd_access(0, False)"), DONE, LATE_LOAD],
    "mapped anew for loads": [STORE, BEGIN, CLEAR, MAP, DONE, LATE_STORE],
    "found by the call, not at its beginning": [BEGIN, LOAD, CLEAR, DONE, LATE_LOAD],
    "known to a TLB only": [LOAD, TAKE, BEGIN, DONE, LATE_LOAD],
    "kept, but not accessible": [LOAD, KEEP, FLUSH, BEGIN, DONE],
    "watched, and nobody flushes": [STORE, WATCH, PROTECT, WATCHED, LATE_STORE],
    "watched, and aged": [STORE, WATCH, AGE, PROTECT, WATCHED, LATE_STORE],
    "watched, and left writable": [STORE, WATCH, FLUSH, WATCHED],
    "watched, and mapped for loads": [STORE, WATCH, CLEAR, MAP, WATCHED, LATE_STORE],
}

ALLOWED = {
    "during the call": [LOAD, BEGIN, CLEAR, LATE_LOAD, FLUSH, DONE],
    "flushed": [LOAD, BEGIN, CLEAR, FLUSH, DONE, LATE_LOAD],
    "mapped anew": [LOAD, BEGIN, CLEAR, MAP, DONE, LATE_LOAD],
    "mapped anew for stores": [STORE, BEGIN, CLEAR, MAP_WRITABLE, DONE, LATE_STORE],
    "mapped anew for loads": [STORE, BEGIN, CLEAR, MAP, DONE, LATE_LOAD],
    "mapped anew after the call": [LOAD, BEGIN, CLEAR, FLUSH, DONE, MAP, LATE_LOAD],
    "mapped later, and taken out by another": [BEGIN, LOAD, TAKE, DONE, LATE_LOAD],
    "put back while the call waits": [LOAD, BEGIN, TAKE, PUT_BACK, CLEAR, FLUSH, DONE, LATE_LOAD],
    "watched, and loaded from": [STORE, WATCH, PROTECT, WATCHED, LATE_LOAD],
    "watched, and mapped for stores": [STORE, WATCH, PROTECT, MAP_WRITABLE, WATCHED, LATE_STORE],
}


@pytest.mark.parametrize("story", VIOLATED)
def test_nobody_may(tmp_path: Path, story: str) -> None:
    assert judged(tmp_path, VIOLATED[story], config={"PROTNONE": True}) == "protection"


@pytest.mark.parametrize("story", ALLOWED)
def test_one_may(tmp_path: Path, story: str) -> None:
    assert judged(tmp_path, ALLOWED[story], config={"PROTNONE": True}) == "holds"


HUGE_BEGIN: Line = (0, "with atomic():\n    withdrawal_begun(root(), 0, 2)")
HUGE_DONE: Line = (0, "with atomic():\n    withdrawal_done(root(), 0, 2)")
HALF_BEGIN: Line = (0, "with atomic():\n    withdrawal_begun(root(), 1, 2)")
HALF_DONE: Line = (0, "with atomic():\n    withdrawal_done(root(), 1, 2)")
OTHER_END: Line = (1, "cpu_access(1, False)")
AGE_SELF: Line = (0, "hw_test_and_clear_accessed(entry(0))")
PUT_BACK_SELF: Line = (0, "hw_write_entry(entry(0), entry_t(present=True, huge=1))")

VIOLATED_HUGE = {
    "nobody flushes": [LOAD, HUGE_BEGIN, CLEAR, HUGE_DONE, OTHER_END],
    "nobody clears": [LOAD, HUGE_BEGIN, FLUSH, HUGE_DONE],
    "aged by the caller": [LOAD, HUGE_BEGIN, AGE_SELF, CLEAR, HUGE_DONE, OTHER_END],
    "put back by the caller": [LOAD, HUGE_BEGIN, CLEAR, PUT_BACK_SELF, FLUSH, HUGE_DONE],
    "found by the call, not at its beginning": [HUGE_BEGIN, LOAD, CLEAR, HUGE_DONE, OTHER_END],
    "one half": [LOAD, HALF_BEGIN, CLEAR, HALF_DONE, OTHER_END],
}

ALLOWED_HUGE = {
    "flushed": [LOAD, HUGE_BEGIN, CLEAR, FLUSH, HUGE_DONE, OTHER_END],
    "mapped anew": [LOAD, HUGE_BEGIN, CLEAR, MAP, HUGE_DONE, OTHER_END],
    "the other half": [LOAD, HALF_BEGIN, CLEAR, MAP, HALF_DONE, LATE_LOAD],
}


@pytest.mark.parametrize("story", VIOLATED_HUGE)
def test_nobody_may_use_a_huge_page(tmp_path: Path, story: str) -> None:
    config = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
    assert judged(tmp_path, VIOLATED_HUGE[story], setup=HUGE, config=config) == "protection"


@pytest.mark.parametrize("story", ALLOWED_HUGE)
def test_one_may_use_a_huge_page(tmp_path: Path, story: str) -> None:
    config = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
    assert judged(tmp_path, ALLOWED_HUGE[story], setup=HUGE, config=config) == "holds"
