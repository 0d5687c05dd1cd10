# SPDX-License-Identifier: GPL-2.0-only
"""zap+table-batch: a batch of page tables is full before the flush

With page tables that RCU frees, they are queued in a page. A full one is handed to RCU where it
fills, before the flush. RCU waits for software that walks with interrupts off; a walk of the
hardware may rest for longer. Commit d86564a2f085 (v4.19) flushes first.

x86 has such tables since v4.14 (9e52fc2b50de); other architectures since v3.0.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+table-batch"
BOUNDS = {"NR_VMAS": 1, "MAX_TABLE_BATCH": 1}
CONFIG = {"CONFIG_MMU_GATHER_RCU_TABLE_FREE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.0", violated("table_uaf"), source="A09 / d86564a2f085"),
    since("v4.19", holds(), source="d86564a2f085"),
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
    """Give the page back, and with it the table."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load until the page is gone."""
    sd_user(1, 0)
