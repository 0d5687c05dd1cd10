# SPDX-License-Identifier: GPL-2.0-only
"""planted-huge-no-flush: MADV_DONTNEED of a huge page does not flush

A planted mistake: the gather flushes nothing. From v3.8 on, a load gets the huge zero page, which
is not freed here; but a thread still loads through the entry that the call took out. Before, it
gets a huge page of its own, which is freed.
"""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sys_madvise

NAME = "planted-huge-no-flush"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (
    since("v2.6.39", violated("stale_access"), source="planted"),
    since("v3.8", violated("protection"), source="planted"),
)


@kernel
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Forget to flush.

    Kernel: arch/x86/include/asm/tlb.h, v6.18
    Context: may be called with the ptl held
    Deviates: does nothing
    """


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, and load from it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the other end of the huge page."""
    sd_user(2, 0)


@task(cpu=0)
def adviser() -> None:
    """Give the memory back."""
    sys_madvise(0, 2)
