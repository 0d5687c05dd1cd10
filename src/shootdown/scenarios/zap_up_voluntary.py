# SPDX-License-Identifier: GPL-2.0-only
"""zap+up-voluntary: as zap+up, where tasks leave the CPU only on their own account

As zap+up, with CONFIG_PREEMPTION off, too. Commit 97a894136f29 (v3.0) lets zap offer the CPU to
others after each page table, and nothing has been flushed by then; so the missing preemption does
not help. The report that led to commit 29eb77825cc7 was bisected to it.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "zap+up-voluntary"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 2}
CONFIG = {"CONFIG_SMP": False, "CONFIG_PREEMPTION": False}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.0", violated("stale_access"), source="29eb77825cc7"),
    since("v3.10", holds(), source="29eb77825cc7"),
)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to it; map something else next to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    do_mmap(NULL, 1, 1, 0)
    sd_access(0, True)


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)


@task(cpu=0, kind="user")
def user() -> None:
    """Load and store until the memory is gone."""
    sd_user(1, 1)
