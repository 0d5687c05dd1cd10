# SPDX-License-Identifier: GPL-2.0-only
"""zap+up: munmap() on a machine with one CPU, while another thread uses the page

With CONFIG_SMP off, pages used to be freed where they were taken out of the page table, and the
TLB was flushed later: no other CPU could use it, and preemption was off until the flush. Commit
d16dfc550f53 (v3.0) made unmapping preemptible, and now another thread of the process can run on
the only CPU before the flush, with the entry still in the TLB. Commit 29eb77825cc7 (v3.10) removed
the fast mode.

Another mapping keeps the page table in use: a table was freed at once, too, and the walker did not
care for preemption.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "zap+up"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 2}
CONFIG = {"CONFIG_SMP": False}
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
