# SPDX-License-Identifier: GPL-2.0-only
"""planted-lock-kept: zap does not release the page-table lock

A planted mistake: as if an early return skipped the unlock. munmap() comes to its end and still
owns the lock of a page table.
"""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ptr, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.include.asm.pgtable import pgd_t, pmd_offset
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory
from shootdown.linux.mm.mmap import sys_munmap
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock

NAME = "planted-lock-kept"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("lock_misuse"), source="planted"),)


@kernel
def zap_pmd_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pud: Ptr[pgd_t], addr: vaddr_t, end: vaddr_t
) -> None:
    """Lock the table, find nothing to do, and return.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held
    Deviates: leaves the table locked, and its entries in place
    """
    pte_offset_map_lock(pmd_offset(pud, addr), addr)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@task(cpu=0)
def forgetful_unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)
