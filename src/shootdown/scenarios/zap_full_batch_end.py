# SPDX-License-Identifier: GPL-2.0-only
"""zap+full-batch-end: the last page of a range fills the gather

As zap+full-batch, and nothing else uses the page table, which is freed, too. In v3.18 the flush of
the full gather reaches the page that fills it, the last of the range; so the range that is left to
flush is empty. Unlinking the table does not extend it, as in zap+table: the table is freed without
a flush since it was unlinked, and a walk may be about to read it.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+full-batch-end"
BOUNDS = {"NR_VMAS": 1, "FREE_PTE_NR": 1, "MMU_GATHER_BUNDLE": 1}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.11", violated("stale_access"), source="A24 / ce9ec37bddb6"),
    since("v3.18", violated("table_uaf")),
    since("v3.19", holds(), source="fb7332a9fedf"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def user() -> None:
    """Load and store until the memory is gone."""
    sd_user(1, 1)
