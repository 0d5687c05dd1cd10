# SPDX-License-Identifier: GPL-2.0-only
"""planted-free-no-flush: MADV_FREE does not flush

A planted mistake: the gather flushes nothing. A thread stores through a translation from before the
call, after the call has returned; the entry stays clean, and reclaim may drop what was stored.
"""

from __future__ import annotations

from shootdown.lang import Ref, absent, kernel, record, setup, since, task, violated
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free

NAME = "planted-free-no-flush"
BOUNDS = {"LEVELS": 1, "NR_VMAS": 1, "NR_PAGES": 2}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", violated("lost_write"), source="planted"),
)


@kernel
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Leave all translations as they are.

    Kernel: arch/x86/include/asm/tlb.h, v6.18
    Context: may be called with the ptl held
    Deviates: does nothing
    """


@setup(cpu=1)
def process() -> None:
    """Have a page of fresh memory, dirty."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=0)
def disowner() -> None:
    """Say that the page is not needed."""
    sd_madvise_free(0, 1)
