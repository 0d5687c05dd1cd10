# SPDX-License-Identifier: GPL-2.0-only
"""The end of an address space before v6.0."""

from __future__ import annotations

from shootdown.hw.bounds import NR_VPN
from shootdown.lang import NULL, Ref, kernel, local
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.features import EXIT_MMAP_READ_LOCK
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.mmap_lock import mmap_write_lock, mmap_write_unlock
from shootdown.linux.mm.memory import unmap_vmas
from shootdown.linux.mm.mmap import sd_free_all_pgtables, sd_is_empty
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu_fullmm

__all__ = ["exit_mmap"]


@kernel(before=EXIT_MMAP_READ_LOCK)
def exit_mmap(mm: Ref[mm_struct]) -> None:
    """Take everything out of an address space that has no threads any more.

    Kernel: mm/mmap.c, v5.18
    Context: no thread uses the address space; may sleep
    Deviates: before v5.18 no lock is held, which nobody else could want
    """
    tlb = local(mmu_gather)
    mmap_write_lock(mm)
    if sd_is_empty(mm):
        mmap_write_unlock(mm)
        return
    tlb_gather_mmu_fullmm(tlb, mm)
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL:
            unmap_vmas(tlb, vma, 0, NR_VPN)
    sd_free_all_pgtables(tlb, mm)
    tlb_finish_mmu(tlb)
    mmap_write_unlock(mm)
