# SPDX-License-Identifier: GPL-2.0-only
"""softdirty: somebody begins to watch for stores to an address space

A thread stores to a page of fresh memory. Another process asks to be told which pages are stored to
from now on, by /proc/PID/clear_refs. All entries become read-only, and the next store to a page
faults, and is noted. So no store may pass by a translation from before.

From b3a81d0841a9 (v4.13) on, that is left to a gather of the whole address space, which has no
entry to clear. Commit 0758cd830494 (v5.6) lets a gather flush only if it has cleared something. No
kernel here is between that and 912efa17e512 (v5.12), but gather_flush_cleared is.
"""

from __future__ import annotations

from shootdown.lang import absent, at, holds, record, setup, since, task, violated
from shootdown.linux.fs.proc.task_mmu import sd_clear_soft_dirty
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory, sd_user

NAME = "softdirty"
BOUNDS = {"NR_VMAS": 1, "NR_PAGES": 2}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.11", holds()),
    at("gather_flush_cleared", violated("protection"), source="A21 / 912efa17e512"),
    since("v5.6", violated("protection"), source="A21 / 912efa17e512"),
    since("v5.12", holds(), source="912efa17e512"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page and store to it."""
    sd_user(1, 1)


@task(cpu=0)
def watcher() -> None:
    """Watch for stores from now on."""
    sd_clear_soft_dirty(record(mm_struct, 0))
