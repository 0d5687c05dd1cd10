# SPDX-License-Identifier: GPL-2.0-only
"""Changes of entries that architectures share."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ptr, Ref, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pmd_mkinvalid,
    pmd_t,
    pmdp_establish,
    pmdp_get,
    pmdp_huge_get_and_clear,
    pte_accessible,
    pte_lockptr,
    pte_offset_map,
    pte_t,
    ptep_get_and_clear,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_page, flush_tlb_range
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.include.linux.spinlock import spin_lock

__all__ = [
    "pmdp_huge_clear_flush",
    "pmdp_invalidate",
    "pte_offset_map_lock",
    "ptep_clear_flush",
]


@kernel
def pte_offset_map_lock(pmd: Ptr[pmd_t], addr: vaddr_t) -> Ptr[pte_t]:
    """Return the lowest entry for the address, with its table locked.

    Kernel: mm/pgtable-generic.c, v6.18
    Context: the table is there and stays
    Deviates: the second look at the pmd entry after locking (v6.5); nothing here takes a table
        away from one who gets this far
    """
    pte = pte_offset_map(pmd, addr)
    spin_lock(pte_lockptr(pte))
    return pte


@kernel
def ptep_clear_flush(vma: Ref[vm_area_struct], address: vaddr_t, ptep: Ptr[pte_t]) -> pte_t:
    """Take an entry out and make all CPUs forget it.

    Kernel: mm/pgtable-generic.c, v6.18
    Context: ptl held
    Deviates: nothing
    """
    pte = ptep_get_and_clear(ptep)
    if pte_accessible(vma.vm_mm, pte):
        flush_tlb_page(vma, address)
    return pte


@kernel
def pmdp_invalidate(vma: Ref[vm_area_struct], address: vaddr_t, pmdp: Ptr[pmd_t]) -> pmd_t:
    """Let nobody access a huge page whose entry is to be changed, and make all CPUs forget it.

    Kernel: mm/pgtable-generic.c, v6.18, commit d52605d7cb30
    Context: ptl held
    Deviates: nothing
    """
    old = pmdp_establish(pmdp, pmd_mkinvalid(pmdp_get(pmdp)))
    flush_tlb_range(vma, address, address + PMD_SIZE)
    return old


@kernel
def pmdp_huge_clear_flush(vma: Ref[vm_area_struct], address: vaddr_t, pmdp: Ptr[pmd_t]) -> None:
    """Take an entry out that maps a huge page, and make all CPUs forget it.

    Kernel: mm/pgtable-generic.c, v6.18 (pmdp_clear_flush before v4.2)
    Context: ptl held
    Deviates: nothing
    """
    pmdp_huge_get_and_clear(pmdp)
    flush_tlb_range(vma, address, address + PMD_SIZE)
