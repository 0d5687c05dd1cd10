# SPDX-License-Identifier: MIT
"""What a range allows is up to the calls that say so, and not to who touches its entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invariants.scripts import Line, judged


def begin(cpu: int, load: bool, store: bool) -> Line:
    """Begin a call that changes what the first page allows."""
    return cpu, f"with atomic():\n    permission_begun(root(), 0, 1, {load}, {store})"


def done(cpu: int, load: bool, store: bool) -> Line:
    """Return from it."""
    return cpu, f"with atomic():\n    permission_done(root(), 0, 1, {load}, {store})"


READ_ONLY, IS_READ_ONLY = begin(0, True, False), done(0, True, False)
NOTHING, IS_NOTHING = begin(0, False, False), done(0, False, False)
PROTECT: Line = (0, "hw_clear_write(entry(0))")
CLEAR: Line = (0, "hw_xchg_entry(entry(0), entry_t())")
LOAD: Line = (1, "sd_access(0, False)")
STORE: Line = (1, "sd_access(0, True)")
LATE_LOAD: Line = (1, "cpu_access(0, False)")
LATE_STORE: Line = (1, "cpu_access(0, True)")
FLUSH: Line = (1, "hw_invlpg(0)")
AGE: Line = (1, "hw_test_and_clear_accessed(entry(0))")
OPEN = "hw_write_entry(entry(0), replace(hw_read_entry(entry(0)), write=True))"
GIVE: Line = (1, f"fault_begun()\n{OPEN}\nfault_done()")
ALLOW = [begin(1, True, True), done(1, True, True)]
ALLOW_ELSEWHERE = [begin(2, True, True), done(2, True, True)]

VIOLATED = {
    "nobody flushes": [STORE, READ_ONLY, PROTECT, IS_READ_ONLY, LATE_STORE],
    "nobody changes the entry": [STORE, READ_ONLY, FLUSH, IS_READ_ONLY],
    "aged meanwhile": [STORE, READ_ONLY, AGE, PROTECT, IS_READ_ONLY, LATE_STORE],
    "a fault gives it back": [
        *[STORE, READ_ONLY, PROTECT, FLUSH, GIVE],
        IS_READ_ONLY,
    ],
    "a fault gives it back later": [
        *[STORE, READ_ONLY, PROTECT, FLUSH, IS_READ_ONLY],
        *[GIVE, LATE_STORE],
    ],
    "allowed to others": [
        *[STORE, READ_ONLY, PROTECT, *ALLOW_ELSEWHERE, IS_READ_ONLY],
        LATE_STORE,
    ],
    "allowed before": [STORE, *ALLOW, READ_ONLY, PROTECT, IS_READ_ONLY, LATE_STORE],
    "loads": [LOAD, NOTHING, CLEAR, IS_NOTHING, LATE_LOAD],
    "stores, where loads are allowed again": [
        *[STORE, NOTHING, CLEAR, begin(1, True, False), IS_NOTHING],
        LATE_STORE,
    ],
}

ALLOWED = {
    "during the call": [STORE, READ_ONLY, PROTECT, LATE_STORE, FLUSH, IS_READ_ONLY],
    "loads of what is read-only": [STORE, READ_ONLY, PROTECT, IS_READ_ONLY, LATE_LOAD],
    "allowed again meanwhile": [STORE, READ_ONLY, PROTECT, *ALLOW, IS_READ_ONLY, LATE_STORE],
    "allowed again": [STORE, READ_ONLY, PROTECT, IS_READ_ONLY, *ALLOW, LATE_STORE],
    "loads allowed again": [
        *[STORE, NOTHING, CLEAR, begin(1, True, False), IS_NOTHING],
        LATE_LOAD,
    ],
    "by others": [
        *[STORE, (2, "sd_access(0, True)"), READ_ONLY, PROTECT, FLUSH],
        *[IS_READ_ONLY, (2, "sd_access(0, True)")],
    ],
    "elsewhere": [
        *[STORE, (1, "sd_access(1, True)"), READ_ONLY, PROTECT, FLUSH],
        *[IS_READ_ONLY, (1, "sd_access(1, True)")],
    ],
}


@pytest.mark.parametrize("story", VIOLATED)
def test_it_is_forbidden(tmp_path: Path, story: str) -> None:
    assert judged(tmp_path, VIOLATED[story]) == "protection"


@pytest.mark.parametrize("story", ALLOWED)
def test_it_is_allowed(tmp_path: Path, story: str) -> None:
    assert judged(tmp_path, ALLOWED[story]) == "holds"
