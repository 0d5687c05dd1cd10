# SPDX-License-Identifier: GPL-2.0-only
"""softdirty-huge: somebody begins to watch for stores to a huge page

As softdirty, with a huge page. Since 5b7abeae3af8 (v4.11) its entry is flushed where it is changed,
so here it does no harm that the gather does not flush from v5.6 (0758cd830494) to v5.11.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.fs.proc.task_mmu import sd_clear_soft_dirty
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory, sd_user

NAME = "softdirty-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.0", holds()),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, and store to it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)


@task(cpu=1, kind="user")
def user() -> None:
    """Load from one end of the huge page, and store to the other."""
    sd_user(0b01, 0b10)


@task(cpu=0)
def watcher() -> None:
    """Watch for stores from now on."""
    sd_clear_soft_dirty(record(mm_struct, 0))
