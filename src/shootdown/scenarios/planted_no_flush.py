# SPDX-License-Identifier: GPL-2.0-only
"""planted-no-flush: munmap() forgets the flush

A planted mistake: the gather frees what it holds, and flushes nothing. A thread goes on loading
and storing through its TLB, in memory that belongs to somebody else by then.
"""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap

NAME = "planted-no-flush"
BOUNDS = {"LEVELS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("stale_access"), source="planted"),)


@kernel
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Flush nothing.

    Kernel: arch/x86/include/asm/tlb.h, v6.18
    Context: any
    Deviates: the flush is left out
    """


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
