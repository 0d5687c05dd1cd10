# SPDX-License-Identifier: GPL-2.0-only
"""Entries of huge pages that are to be changed, before v4.16: read first, and then overwritten."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ptr, Ref, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pmd_mkinvalid,
    pmd_t,
    pmdp_get,
    set_pmd_at,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_range
from shootdown.linux.features import PMDP_ESTABLISH
from shootdown.linux.include.linux.mm_types import vm_area_struct

__all__ = ["pmdp_invalidate"]


@kernel(before=PMDP_ESTABLISH)
def pmdp_invalidate(vma: Ref[vm_area_struct], address: vaddr_t, pmdp: Ptr[pmd_t]) -> pmd_t:
    """Let nobody access a huge page whose entry is to be changed, and make all CPUs forget it.

    Kernel: mm/pgtable-generic.c, v4.4
    Context: ptl held
    Deviates: returns nothing; its callers look at the entry again, which has the same bits by then
    """
    entry = pmdp_get(pmdp)
    set_pmd_at(pmdp, pmd_mkinvalid(entry))
    flush_tlb_range(vma, address, address + PMD_SIZE)
    return entry
