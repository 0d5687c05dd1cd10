# SPDX-License-Identifier: GPL-2.0-only
"""planted-fullmm-no-flush: the flush of a whole address space is left out

A planted mistake, on x86: a gather that is told that nobody uses the address space any more does
not flush. On arm64 that is none (5a7862e83000): what TLBs keep has a tag that no other process gets
before all TLBs are flushed. But the oom reaper told gathers so until 687cb0884a71 (v4.15), while
threads of its victim may run; see oom+store.
"""

from __future__ import annotations

from shootdown.lang import Ref, absent, at, holds, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm_range
from shootdown.linux.bounds import PAGE_SHIFT
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory, sd_user
from shootdown.linux.mm.oom_kill import oom_reap_task_mm

NAME = "planted-fullmm-no-flush"
BOUNDS = {"NR_PAGES": 2, "NR_VMAS": 1}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.6", violated("stale_access"), source="A18 / 687cb0884a71"),
    at("oom_reap_vma^", violated("stale_access"), source="A18 / 687cb0884a71"),
    at("oom_reap_vma", holds(), source="687cb0884a71"),
    since("v4.15", holds(), source="687cb0884a71"),
)


@kernel
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Flush the range of the gather, if anybody may use it.

    Kernel: arch/arm64/include/asm/tlb.h, v4.14, on x86
    Context: may be called with the ptl held
    Deviates: x86 flushes everything for a whole address space
    """
    if not tlb.fullmm:
        flush_tlb_mm_range(tlb.mm, tlb.start, tlb.end, PAGE_SHIFT, tlb.freed_tables)


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
