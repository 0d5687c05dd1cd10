# SPDX-License-Identifier: GPL-2.0-only
"""planted-mprotect-no-flush: mprotect() does not flush

A planted mistake: the gather flushes nothing, and nor does mprotect() before v5.19, when it has no
gather. A thread goes on storing to memory that has become read-only.
"""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import VM_READ, mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect

NAME = "planted-mprotect-no-flush"
BOUNDS = {"LEVELS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("protection"), source="planted"),)


@kernel
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Forget to flush.

    Kernel: arch/x86/include/asm/tlb.h, v6.18
    Context: may be called with the ptl held
    Deviates: does nothing
    """


@kernel
def flush_tlb_range(vma: Ref[vm_area_struct], start: vaddr_t, end: vaddr_t) -> None:
    """Forget to flush.

    Kernel: arch/x86/include/asm/tlbflush.h, v6.18
    Context: may be called with the ptl held
    Deviates: does nothing
    """


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, and dirty it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the memory, forbidden or not."""
    sd_user(0, 1)


@task(cpu=0)
def protector() -> None:
    """Take the right to store."""
    sys_mprotect(0, 1, VM_READ)
