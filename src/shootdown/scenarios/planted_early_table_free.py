# SPDX-License-Identifier: GPL-2.0-only
"""planted-early-table-free: munmap() frees a page table before the flush

A planted mistake: a page table that is unlinked is given back at once, and not through the
gather. A CPU that has read the entry above reads the table when it is no table any more.
"""

from __future__ import annotations

from shootdown.hw.bounds import table_nr, vaddr_t
from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mmap import sys_munmap
from shootdown.linux.mm.page_alloc import pagetable_free

NAME = "planted-early-table-free"
BOUNDS = {"NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("table_uaf"), source="planted"),)


@kernel
def pte_free_tlb(tlb: Ref[mmu_gather], table: table_nr, address: vaddr_t) -> None:
    """Free a table that was unlinked, now.

    Kernel: include/asm-generic/tlb.h, v6.18
    Context: any
    Deviates: does not wait for the flush
    """
    pagetable_free(table)


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
