# SPDX-License-Identifier: GPL-2.0-only
"""Entries of huge pages that are to be changed, before v5.19: flushed while nobody may use them."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ptr, Ref, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import pmd_t
from shootdown.linux.features import PMDP_INVALIDATE_AD
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.mm.pgtable_generic import pmdp_invalidate

__all__ = ["pmdp_invalidate_ad"]


@kernel(before=PMDP_INVALIDATE_AD)
def pmdp_invalidate_ad(vma: Ref[vm_area_struct], address: vaddr_t, pmdp: Ptr[pmd_t]) -> pmd_t:
    """Let nobody access a huge page whose entry is to be changed, and make all CPUs forget it.

    Kernel: mm/huge_memory.c, v5.18 (change_huge_pmd calls pmdp_invalidate)
    Context: ptl held
    Deviates: nothing
    """
    return pmdp_invalidate(vma, address, pmdp)
