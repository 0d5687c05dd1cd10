# SPDX-License-Identifier: GPL-2.0-only
"""zap+alone: after munmap(), the thread that called it cannot reach its memory any more

The process has one thread, so its own CPU is the only one to flush: nobody is interrupted. What
the thread stores afterwards has to fault, and not to reach memory that it has given back.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "zap+alone"
BOUNDS = {"LEVELS": 1, "NR_CPUS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 1, 1, 0)
    sd_access(1, True)


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back, and store to it nevertheless."""
    sys_munmap(1, 1)
    sd_access(1, True)
