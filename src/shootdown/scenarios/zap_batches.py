# SPDX-License-Identifier: GPL-2.0-only
"""zap+batches: munmap() of more pages than the gather holds

Zap leaves its loop whenever the gather is full, flushes, frees what was gathered, and goes on where
it has stopped, until all three pages are gone. Another thread uses the one in the middle: it fills
the gather, and is what a flush of all "before" it forgets (see zap+full-batch).
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+batches"
BOUNDS = {"NR_PAGES": 3, "NR_VMAS": 1, "PTRS_PER_TABLE": 3, "MMU_GATHER_BUNDLE": 2}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.14", violated("stale_access"), source="A24 / ce9ec37bddb6"),
    since("v3.18", holds(), source="ce9ec37bddb6"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to all of it, from its end."""
    sd_take_memory(record(mm_struct, 0), 3)
    sd_access(2, True)
    sd_access(1, True)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 3)


@task(cpu=1, kind="user")
def user() -> None:
    """Load and store until the memory is gone."""
    sd_user(0b010, 0b010)
