# SPDX-License-Identifier: GPL-2.0-only
"""Watching for stores before v5.12: a gather flushes, which has nothing to flush."""

from __future__ import annotations

from shootdown.lang import Ref, has, kernel, local
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm
from shootdown.linux.features import CLEAR_REFS_GATHER, SOFT_DIRTY_FLUSH
from shootdown.linux.fs.proc.task_mmu import sd_walk_mappings
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu_fullmm

__all__ = ["clear_refs_write"]


@kernel(before=SOFT_DIRTY_FLUSH)
def clear_refs_write(mm: Ref[mm_struct]) -> None:
    """Make all entries of an address space read-only, and flush.

    Kernel: fs/proc/task_mmu.c, v5.10, commit b3a81d0841a9
    Context: may sleep
    Deviates: the soft-dirty bits themselves; mmap_sem is held for writing in v5.11; no notifiers
    """
    mmap_read_lock(mm)
    if has(CLEAR_REFS_GATHER):
        tlb = local(mmu_gather)
        tlb_gather_mmu_fullmm(tlb, mm)
        sd_walk_mappings(mm)
        tlb_finish_mmu(tlb)
    else:
        sd_walk_mappings(mm)
        flush_tlb_mm(mm)
    mmap_read_unlock(mm)
