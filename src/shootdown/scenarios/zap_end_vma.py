# SPDX-License-Identifier: GPL-2.0-only
"""zap+end-vma: pages that are flushed at the end of their mapping, and freed later

An architecture may want a flush at the end of each mapping that zap comes to, so that the range to
flush never has a large hole: arm64 does, x86 does not. The pages stay queued until the gather ends,
which has nothing more to flush then, if no page table was freed.

In the merge window of v3.19, fb7332a9fedf let all architectures keep the range in one way; then
f045bbb9fa1b let a gather that has nothing to flush not look for pages to free; and 721c21c17ab9, in
time for the release, let it look again, after arm64 had run out of memory.

That commit says of exit that it had lost its flush as well. Here it has not (exit+lazy): all that
exit_mmap() takes out after a flush is something to flush again.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "zap+end-vma"
BOUNDS = {"LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_MMU_GATHER_MERGE_VMAS": False}
EXPECT = (
    since("v2.6.39", holds()),
    at("gather_adjust_range", holds()),
    at("gather_free_flushed", violated("leak"), source="A04 / 721c21c17ab9"),
    since("v3.19", holds(), source="721c21c17ab9"),
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
