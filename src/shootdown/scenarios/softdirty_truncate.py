# SPDX-License-Identifier: GPL-2.0-only
"""softdirty+truncate: somebody begins to watch for stores while a file is truncated

A process has stored to a page of a shared file mapping. Another asks to be told of further stores,
and makes the entry read-only: he takes it out for a moment, so that no CPU sets bits in it. On a
third CPU the file is truncated. It waits for the page-table lock until the entry is back, or the
page would stay mapped that leaves the file.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.fs.proc.task_mmu import sd_clear_soft_dirty
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user

NAME = "softdirty+truncate"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.11", holds()),
    since("v5.6", violated("protection"), source="A21 / 912efa17e512"),
    since("v5.12", holds(), source="912efa17e512"),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file, and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page and store to it."""
    sd_user(1, 1)


@task(cpu=0)
def watcher() -> None:
    """Watch for stores from now on."""
    sd_clear_soft_dirty(record(mm_struct, 0))


@task(cpu=2)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
