# SPDX-License-Identifier: GPL-2.0-only
"""Changes of entries that map huge pages, a part of mm/huge_memory.c.

Who looks for a huge page without the lock of its entry must not find none while somebody changes
it. So the entry is not taken out: it becomes one that allows no access, and keeps its page.
"""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.hw.events import page_disowned
from shootdown.lang import NULL, Bool, Ptr, Ref, atomic, has, kernel, record, replace
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pgprot_t,
    pmd_lock,
    pmd_modify,
    pmd_none,
    pmd_protnone,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pmdp_huge_get_and_clear,
    set_pmd_at,
)
from shootdown.linux.arch.x86.include.asm.tlbflush import pte_needs_flush
from shootdown.linux.arch.x86.mm.pgtable import pmdp_invalidate_ad
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_range
from shootdown.linux.features import (
    HUGE_FREE_INVALIDATED,
    MPROTECT_FLUSH_DEMOTED,
    MPROTECT_GATHER,
)
from shootdown.linux.include.asm_generic.tlb import (
    mmu_gather,
    tlb_flush_pmd_range,
    tlb_remove_pmd_tlb_entry,
)
from shootdown.linux.include.linux.mm import (
    MM_CP_PROT_NUMA,
    MM_CP_TRY_CHANGE_WRITABLE,
    cp_flags_t,
)
from shootdown.linux.include.linux.mm_types import page, vm_area_struct
from shootdown.linux.include.linux.page_flags import folio_test_clear_dirty, folio_test_dirty
from shootdown.linux.include.linux.pagemap import folio_trylock, folio_unlock
from shootdown.linux.include.linux.spinlock import spin_unlock, spinlock_t
from shootdown.linux.mm.huge_memory_zero import is_huge_zero_pmd
from shootdown.linux.mm.pgtable_generic import pmdp_invalidate
from shootdown.linux.mm.swap import folio_mark_lazyfree

__all__ = [
    "__pmd_trans_huge_lock",
    "can_change_pmd_writable",
    "change_huge_pmd",
    "madvise_free_huge_pmd",
    "move_huge_pmd",
    "pmd_trans_huge_lock",
]


@kernel
def __pmd_trans_huge_lock(pmd: Ptr[pmd_t], vma: Ref[vm_area_struct]) -> Ref[spinlock_t]:
    """Lock an entry that maps a huge page and return its lock, or NULL if it is no such entry.

    Kernel: mm/huge_memory.c, v6.18
    Context: mmap_lock held
    Deviates: before v4.5 it waits for splits; no migration entries
    """
    none: Ref[spinlock_t] = NULL
    ptl = pmd_lock(vma.vm_mm)
    if pmd_trans_huge(pmdp_get(pmd)):
        return ptl
    spin_unlock(ptl)
    return none


@kernel
def pmd_trans_huge_lock(pmd: Ptr[pmd_t], vma: Ref[vm_area_struct]) -> Ref[spinlock_t]:
    """Lock an entry if it maps a huge page, and return its lock or NULL.

    Kernel: include/linux/huge_mm.h, v6.18
    Context: mmap_lock held
    Deviates: nothing
    """
    none: Ref[spinlock_t] = NULL
    if pmd_trans_huge(pmdp_get(pmd)):
        return __pmd_trans_huge_lock(pmd, vma)
    return none


@kernel
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

    Kernel: mm/huge_memory.c, v6.18, commits ced108037c2a, 4f83145721f3
    Context: mmap_lock held
    Deviates: no migration entries
    """
    ptl = __pmd_trans_huge_lock(pmd, vma)
    if ptl is NULL:
        return 0
    if cp_flags & MM_CP_PROT_NUMA != 0 and sd_is_no_hint(pmdp_get(pmd)):
        spin_unlock(ptl)
        return 1
    oldpmd = pmdp_invalidate_ad(vma, addr, pmd)
    entry = pmd_modify(oldpmd, newprot)
    if cp_flags & MM_CP_TRY_CHANGE_WRITABLE != 0 and can_change_pmd_writable(entry):
        entry = replace(entry, write=True)
    set_pmd_at(pmd, entry)
    if has(MPROTECT_GATHER):
        if not has(MPROTECT_FLUSH_DEMOTED) or pte_needs_flush(oldpmd, entry):
            tlb_flush_pmd_range(tlb, addr)
    spin_unlock(ptl)
    return PMD_SIZE


@kernel
def sd_is_no_hint(pmd: pmd_t) -> Bool:
    """Tell whether NUMA balancing learns nothing from the next access to a huge page.

    Kernel: none
    Context: ptl held
    Deviates: a part of change_huge_pmd()
    """
    return is_huge_zero_pmd(pmd) or pmd_protnone(pmd)


@kernel
def can_change_pmd_writable(pmd: pmd_t) -> Bool:
    """Tell whether the next store to a huge page needs no fault.

    Kernel: mm/huge_memory.c, v6.18 (left to the fault before v6.2)
    Context: ptl held, the mapping allows stores
    Deviates: pages of no file have one owner; nobody keeps track of stores
    """
    return not pmd_protnone(pmd) and not is_huge_zero_pmd(pmd)


@kernel
def madvise_free_huge_pmd(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pmd: Ptr[pmd_t], addr: vaddr_t
) -> Bool:
    """Clean an entry that maps a huge page, and let reclaim drop that; tell whether this was done.

    Kernel: mm/huge_memory.c, v6.18, commits b8d3c4c3009d, 58ceeb6bec86
    Context: mmap_lock held; may sleep
    Deviates: the range has all of the huge page, which has one mapping
    """
    ptl = pmd_trans_huge_lock(pmd, vma)
    if ptl is NULL:
        return False
    orig_pmd = pmdp_get(pmd)
    folio = record(page, orig_pmd.pfn)
    if is_huge_zero_pmd(orig_pmd) or not folio_trylock(folio):
        spin_unlock(ptl)
        return False
    if folio_test_dirty(folio):
        folio_test_clear_dirty(folio)
    folio_unlock(folio)
    with atomic():
        page_disowned(orig_pmd.pfn)
    if orig_pmd.accessed or orig_pmd.dirty:
        if has(HUGE_FREE_INVALIDATED):
            pmdp_invalidate(vma, addr, pmd)
        else:
            pmdp_huge_get_and_clear(pmd)
        set_pmd_at(pmd, replace(orig_pmd, accessed=False, dirty=False))
        tlb_remove_pmd_tlb_entry(tlb, addr)
    folio_mark_lazyfree(folio)
    spin_unlock(ptl)
    return True


@kernel
def move_huge_pmd(
    vma: Ref[vm_area_struct],
    old_addr: vaddr_t,
    old_pmd: Ptr[pmd_t],
    new_pmd: Ptr[pmd_t],
) -> Bool:
    """Move an entry that maps a huge page, and flush where it was; tell whether that is done.

    Kernel: mm/huge_memory.c, v6.18, commit eb66ae030829
    Context: mmap_lock held for writing
    Deviates: one lock for all entries
    """
    if not pmd_none(pmdp_get(new_pmd)):
        return False
    old_ptl = __pmd_trans_huge_lock(old_pmd, vma)
    if old_ptl is NULL:
        return False
    pmd = pmdp_huge_get_and_clear(old_pmd)
    set_pmd_at(new_pmd, pmd)
    if pmd_trans_huge(pmd):
        flush_tlb_range(vma, old_addr, old_addr + PMD_SIZE)
    spin_unlock(old_ptl)
    return True
