# SPDX-License-Identifier: GPL-2.0-only
"""planted-dontneed-no-flush: MADV_DONTNEED does not flush

A planted mistake: the gather flushes nothing. The page is of a file and stays in the page cache, so
it is not freed; but a thread still loads through a mapping from which it was taken.
"""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.madvise import sys_madvise

NAME = "planted-dontneed-no-flush"
BOUNDS = {"LEVELS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("protection"), source="planted"),)


@kernel
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Forget to flush.

    Kernel: arch/x86/include/asm/tlb.h, v6.18
    Context: may be called with the ptl held
    Deviates: does nothing
    """


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and load from it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=0)
def adviser() -> None:
    """Take the page out of the mapping."""
    sys_madvise(0, 1)
