# SPDX-License-Identifier: GPL-2.0-only
"""Changes of entries that x86 does its own way."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Bool, Ptr, Ref, has, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pmd_mkinvalid,
    pmd_t,
    pmdp_establish,
    pmdp_get,
    pte_t,
    ptep_get,
    set_pmd_at,
    set_pte_at,
)
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_page, flush_tlb_range
from shootdown.linux.features import X86_NO_ACCESS_FLUSH
from shootdown.linux.include.linux.mm_types import vm_area_struct

__all__ = ["pmdp_invalidate_ad", "pmdp_set_access_flags", "ptep_set_access_flags"]


@kernel
def ptep_set_access_flags(
    vma: Ref[vm_area_struct], address: vaddr_t, ptep: Ptr[pte_t], entry: pte_t, dirty: Bool
) -> Bool:
    """Give an entry more rights or set its accessed or dirty bit; tell whether that was new.

    Kernel: arch/x86/mm/pgtable.c, v6.18
    Context: ptl held
    Deviates: nothing
    """
    changed = ptep_get(ptep) != entry
    if changed and dirty:
        set_pte_at(ptep, entry)
        if not has(X86_NO_ACCESS_FLUSH):
            flush_tlb_page(vma, address)
    return changed


@kernel
def pmdp_set_access_flags(
    vma: Ref[vm_area_struct], address: vaddr_t, pmdp: Ptr[pmd_t], entry: pmd_t, dirty: Bool
) -> Bool:
    """As ptep_set_access_flags(), for an entry that maps a huge page.

    Kernel: arch/x86/mm/pgtable.c, v6.18
    Context: ptl held
    Deviates: nothing
    """
    changed = pmdp_get(pmdp) != entry
    if changed and dirty:
        set_pmd_at(pmdp, entry)
        if not has(X86_NO_ACCESS_FLUSH):
            flush_tlb_range(vma, address, address + PMD_SIZE)
    return changed


@kernel
def pmdp_invalidate_ad(vma: Ref[vm_area_struct], address: vaddr_t, pmdp: Ptr[pmd_t]) -> pmd_t:
    """Let CPUs set no bits any more in an entry that is to be changed; return those it has.

    Kernel: arch/x86/mm/pgtable.c, v6.18, commit 4f83145721f3
    Context: ptl held
    Deviates: nothing
    """
    return pmdp_establish(pmdp, pmd_mkinvalid(pmdp_get(pmdp)))
