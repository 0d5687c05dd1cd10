# SPDX-License-Identifier: GPL-2.0-only
"""The system call madvise(): contents of memory that their owner does not need any more.

MADV_DONTNEED takes the pages out at once. MADV_FREE leaves them for reclaim to drop: a page that is
stored to again afterwards must be kept, and nobody is told of the store but its entry's dirty bit.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    CONFIG_SWAP,
    CONFIG_TRANSPARENT_HUGEPAGE,
    FOLIO_PAGES,
    folio_pages_t,
    vaddr_t,
)
from shootdown.hw.events import (
    disowning_done,
    page_disowned,
    place_disowned,
    withdrawal_begun,
    withdrawal_done,
)
from shootdown.lang import (
    NULL,
    Bool,
    Ptr,
    Ref,
    atomic,
    has,
    index,
    kernel,
    local,
    record,
    replace,
    this_cpu,
)
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pmd_addr_end,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pte_lockptr,
    pte_offset_map,
    pte_present,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    ptep_get_and_clear,
    set_pte_at,
)
from shootdown.linux.features import MADVISE_RELOCK_DRAIN
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_end_vma, tlb_remove_tlb_entry
from shootdown.linux.include.linux.mm import folio_nr_pages, page_folio
from shootdown.linux.include.linux.mm_types import (
    folio,
    mm_struct,
    page,
    task_struct,
    vm_area_struct,
)
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.include.linux.page_flags import (
    folio_test_clear_dirty,
    folio_test_dirty,
    folio_test_large,
    folio_test_swapcache,
)
from shootdown.linux.include.linux.pagemap import (
    folio_get,
    folio_put,
    folio_trylock,
    folio_unlock,
)
from shootdown.linux.include.linux.pgtable import pmd_trans_unstable
from shootdown.linux.include.linux.swapops import is_swap_pte, pte_to_swp_entry
from shootdown.linux.mm.huge_memory import split_folio
from shootdown.linux.mm.huge_memory_change import madvise_free_huge_pmd
from shootdown.linux.mm.internal import folio_pte_batch_flags
from shootdown.linux.mm.memory_zap import zap_page_range_single
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu
from shootdown.linux.mm.page_vma_mapped import sd_walk_to_pmd
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending
from shootdown.linux.mm.swap import folio_mark_lazyfree
from shootdown.linux.mm.swapfile import folio_free_swap, free_swap_and_cache
from shootdown.linux.mm.vma import find_vma

__all__ = [
    "do_madvise",
    "madvise_dontneed_single_vma",
    "madvise_free_pte_range",
    "madvise_free_single_vma",
    "sd_madvise_free",
    "sys_madvise",
]


@kernel
def sys_madvise(start: vaddr_t, len_in: vaddr_t) -> None:
    """Give back what is in a range of the running task's address space; the mapping stays.

    Kernel: mm/madvise.c, v6.18
    Context: user context, may sleep
    Deviates: the advice is MADV_DONTNEED; sd_madvise_free() has MADV_FREE
    """
    mm = record(task_struct, this_cpu()).mm
    with atomic():
        withdrawal_begun(index(mm.pgd), start, start + len_in)
    do_madvise(mm, start, len_in)
    with atomic():
        withdrawal_done(index(mm.pgd), start, start + len_in)


@kernel
def do_madvise(mm: Ref[mm_struct], start: vaddr_t, len_in: vaddr_t) -> None:
    """Give back what is in a range of an address space.

    Kernel: mm/madvise.c, v6.18
    Context: may sleep
    Deviates: the range lies in one mapping; its own lock is not tried first (v6.17), which only
        lets more calls run side by side that this one excludes no more than those of its kind; the
        gather is the callee's, as before v6.16
    """
    mmap_read_lock(mm)
    vma = find_vma(mm, start)
    if vma is not NULL:
        madvise_dontneed_single_vma(vma, start, len_in)
    mmap_read_unlock(mm)


@kernel
def madvise_dontneed_single_vma(vma: Ref[vm_area_struct], start: vaddr_t, len_in: vaddr_t) -> None:
    """Zap a range of a mapping.

    Kernel: mm/madvise.c, v6.18 (madvise_dontneed before v4.13)
    Context: mmap_lock held; may sleep
    Deviates: no reclaim of empty tables (CONFIG_PT_RECLAIM)
    """
    zap_page_range_single(vma, start, len_in)


@kernel
def sd_madvise_free(start: vaddr_t, len_in: vaddr_t) -> None:
    """Say of a range of the running task's address space that its contents are not needed.

    Kernel: none
    Context: user context, may sleep
    Deviates: stands for madvise() with the advice MADV_FREE (v4.5); the range lies in one mapping
    """
    mm = record(task_struct, this_cpu()).mm
    mmap_read_lock(mm)
    vma = find_vma(mm, start)
    if vma is not NULL:
        madvise_free_single_vma(vma, start, start + len_in)
    mmap_read_unlock(mm)
    with atomic():
        disowning_done(index(mm.pgd), start, start + len_in)


@kernel
def madvise_free_single_vma(
    vma: Ref[vm_area_struct], start_addr: vaddr_t, end_addr: vaddr_t
) -> None:
    """Let reclaim drop the pages of a range, and flush, so that stores are seen from here on.

    Kernel: mm/madvise.c, v6.18, commit 854e9ed09ded
    Context: mmap_lock held; may sleep
    Deviates: the gather is not the caller's, as before v6.16; the tables are walked without
        walk_page_range(); no notifiers; no CPU has pages that are not on their list yet
        (lru_add_drain)
    """
    tlb = local(mmu_gather)
    addr: vaddr_t = start_addr
    tlb_gather_mmu(tlb, vma.vm_mm)
    while addr != end_addr:
        next = pmd_addr_end(addr, end_addr)
        pmd = sd_walk_to_pmd(vma.vm_mm, addr)
        if pmd is not NULL and not sd_free_huge(tlb, vma, pmd, addr, next):
            madvise_free_pte_range(tlb, pmd, addr, next)
        addr = next
    tlb_end_vma(tlb, vma)
    tlb_finish_mmu(tlb)


@kernel
def sd_free_huge(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pmd: Ptr[pmd_t], addr: vaddr_t, next: vaddr_t
) -> Bool:
    """Let reclaim drop a huge page; tell whether there is no table to go on with.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: a part of madvise_free_pte_range()
    """
    if CONFIG_TRANSPARENT_HUGEPAGE:
        if pmd_trans_huge(pmdp_get(pmd)):
            assert next - addr == PMD_SIZE
            if madvise_free_huge_pmd(tlb, vma, pmd, addr):
                return True
        return pmd_trans_unstable(pmd)
    return False


@kernel
def madvise_free_pte_range(
    tlb: Ref[mmu_gather], pmd: Ptr[pmd_t], addr: vaddr_t, end: vaddr_t
) -> None:
    """Clean the entries of one table, and let reclaim drop what they map.

    Kernel: mm/madvise.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the mapping is the only one; before v6.10, no large folio goes undivided; where
        FOLIO_PAGES is 1, one that stands for a large folio has pages outside of the range
    """
    pte = pte_offset_map_lock(pmd, addr)
    ptl = pte_lockptr(pte)
    flush_tlb_batched_pending(tlb.mm)
    while True:
        nr: folio_pages_t = 1
        ptent = ptep_get(pte)
        if is_swap_pte(ptent):
            free_swap_and_cache(pte_to_swp_entry(ptent))
            set_pte_at(pte, pte_t())
            with atomic():
                place_disowned(index(tlb.mm.pgd), addr)
        elif pte_present(ptent) and sd_is_part(pte, ptent, end - addr):
            if sd_split_between(tlb.mm, pmd, addr):
                continue
        elif pte_present(ptent) and sd_clean_folio(page_folio(record(page, ptent.pfn))):
            nr = folio_nr_pages(page_folio(record(page, ptent.pfn)))
            sd_give_up_pages(tlb, pte, ptent, addr, nr)
            folio_mark_lazyfree(page_folio(record(page, ptent.pfn)))
        addr = addr + nr
        if addr == end:
            break
        pte = pte + nr
    pte_unmap_unlock(ptl)


@kernel
def sd_is_part(pte: Ptr[pte_t], ptent: pte_t, left: vaddr_t) -> Bool:
    """Tell whether a large folio has pages that are not mapped here, or lie beyond the range.

    Kernel: none
    Context: ptl held
    Deviates: a part of the loop of madvise_free_pte_range(), with madvise_folio_pte_batch()
    """
    folio = page_folio(record(page, ptent.pfn))
    if not folio_test_large(folio):
        return False
    if FOLIO_PAGES == 1:
        return True
    return folio_pte_batch_flags(folio, pte, ptent, left, False) < folio_nr_pages(folio)


@kernel
def sd_give_up_pages(
    tlb: Ref[mmu_gather], pte: Ptr[pte_t], ptent: pte_t, addr: vaddr_t, nr: folio_pages_t
) -> None:
    """Clean the entries of a folio if one of them was used, so that stores are seen from here on.

    Kernel: none
    Context: ptl held
    Deviates: a part of the loop of madvise_free_pte_range()
    """
    with atomic():
        for i in range(nr):
            page_disowned(ptent.pfn + i)
    if ptent.accessed or ptent.dirty or sd_is_any_used(pte, nr):
        for i in range(nr):
            clear_young_dirty_ptes(pte + i)
            tlb_remove_tlb_entry(tlb, addr + i)


@kernel
def sd_is_any_used(pte: Ptr[pte_t], nr: folio_pages_t) -> Bool:
    """Tell whether a page was accessed that an entry after the first maps.

    Kernel: none
    Context: ptl held
    Deviates: a part of folio_pte_batch_flags()
    """
    if FOLIO_PAGES > 1:
        for i in range(1, nr):
            ptent = ptep_get(pte + i)
            if ptent.accessed or ptent.dirty:
                return True
    return False


@kernel
def sd_split_between(mm: Ref[mm_struct], pmd: Ptr[pmd_t], addr: vaddr_t) -> Bool:
    """Split the large folio of an entry, without the table's lock; tell whether that worked.

    Who takes entries out meanwhile may put the flush off: what is put off is looked for once more.

    Kernel: none
    Context: ptl held, before and after; may sleep
    Deviates: a part of the loop of madvise_free_pte_range(); before v6.10 the reference came first,
        and the walk ended if this did not work
    """
    pte = pte_offset_map(pmd, addr)
    folio = record(page, ptep_get(pte).pfn)
    if not folio_trylock(folio):
        return False
    folio_get(folio)
    pte_unmap_unlock(pte_lockptr(pte))
    is_split = split_folio(folio)
    folio_unlock(folio)
    folio_put(folio)
    pte_offset_map_lock(pmd, addr)
    if has(MADVISE_RELOCK_DRAIN):
        flush_tlb_batched_pending(mm)
    return is_split


@kernel
def sd_clean_folio(folio: Ref[folio]) -> Bool:
    """Let nobody write a folio to the disk; tell whether that worked, or there was nobody.

    Kernel: none
    Context: ptl held
    Deviates: a part of the loop of madvise_free_pte_range()
    """
    if not CONFIG_SWAP:
        return True
    if not folio_test_swapcache(folio) and not folio_test_dirty(folio):
        return True
    if not folio_trylock(folio):
        return False
    is_clean = not folio_test_swapcache(folio) or folio_free_swap(folio)
    if is_clean:
        folio_test_clear_dirty(folio)
    folio_unlock(folio)
    return is_clean


@kernel
def clear_young_dirty_ptes(ptep: Ptr[pte_t]) -> None:
    """Clear the bits of an entry that tell of accesses.

    Kernel: include/linux/pgtable.h, v6.18
    Context: ptl held
    Deviates: one entry
    """
    pte = ptep_get_and_clear(ptep)
    set_pte_at(ptep, replace(pte, accessed=False, dirty=False))
