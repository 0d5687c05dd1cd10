# SPDX-License-Identifier: GPL-2.0-only
"""Changes of what huge pages allow before v4.11: the entry is out for a while, in most kernels."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Ptr, Ref, has, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pgprot_t,
    pmd_modify,
    pmd_t,
    pmdp_get,
    pmdp_huge_get_and_clear,
    set_pmd_at,
)
from shootdown.linux.features import HUGE_NUMA_INVALIDATED, HUGE_NUMA_KEPT, NUMA_PROTNONE
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm import MM_CP_PROT_NUMA, cp_flags_t
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.include.linux.spinlock import spin_unlock
from shootdown.linux.mm.huge_memory_change import __pmd_trans_huge_lock, sd_is_no_hint

__all__ = ["change_huge_pmd"]


@kernel(before=HUGE_NUMA_INVALIDATED)
def change_huge_pmd(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    pmd: Ptr[pmd_t],
    addr: vaddr_t,
    newprot: pgprot_t,
    cp_flags: cp_flags_t,
) -> vaddr_t:
    """Change what an entry allows that maps a huge page.

    Return 0 if it is no such entry, 1 if it stays as it is, and else how many pages it maps.

    Kernel: mm/huge_memory.c, v4.4; v3.18 (pmdp_set_numa)
    Context: mmap_sem held
    Deviates: up to v3.12 entries that NUMA balancing leaves alone are out for a while, too, and
        which those are is asked of the entry that is out
    """
    is_hint = cp_flags & MM_CP_PROT_NUMA != 0
    ptl = __pmd_trans_huge_lock(pmd, vma)
    if ptl is NULL:
        return 0
    if is_hint and sd_is_no_hint(pmdp_get(pmd)):
        spin_unlock(ptl)
        return 1
    if is_hint and has(HUGE_NUMA_KEPT) and not has(NUMA_PROTNONE):
        set_pmd_at(pmd, pmd_modify(pmdp_get(pmd), newprot))
    else:
        entry = pmdp_huge_get_and_clear(pmd)
        set_pmd_at(pmd, pmd_modify(entry, newprot))
    spin_unlock(ptl)
    return PMD_SIZE
