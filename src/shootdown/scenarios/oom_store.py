# SPDX-License-Identifier: GPL-2.0-only
"""oom+store: the oom reaper takes the memory of a process that still runs

A process is to be killed because there is no memory left. It may take long until all its threads
have noticed, so a kernel thread takes its private memory away, while one of them loads and stores.

The reaper, which came in v4.6 (aac453635549), had one gather for the whole address space until
687cb0884a71 (v4.15). Such a gather says that nobody uses the address space any more, and arm64 did
not flush for it (5a7862e83000). x86 then flushes everything, so this holds: planted-fullmm-no-flush
shows the race.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory, sd_user
from shootdown.linux.mm.oom_kill import oom_reap_task_mm

NAME = "oom+store"
BOUNDS = {"NR_PAGES": 2, "NR_VMAS": 1}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.6", holds()),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@task(cpu=0)
def oom_reaper() -> None:
    """Take the memory of the process."""
    oom_reap_task_mm(record(mm_struct, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load and store, not knowing yet."""
    sd_user(1, 1)
