# SPDX-License-Identifier: GPL-2.0-only
"""Huge pages of anonymous memory: one entry, above the lowest level, maps all of a table's worth.

No huge page is split, so no page table is kept for the day on which it is.
"""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import (
    NULL,
    Bool,
    Ptr,
    Ref,
    atomic,
    choose,
    has,
    index,
    kernel,
    record,
    replace,
)
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pmd_lock,
    pmd_modify,
    pmd_none,
    pmd_protnone,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pmdp_huge_get_and_clear,
    set_pmd_at,
    vm_get_page_prot,
)
from shootdown.linux.arch.x86.mm.pgtable import pmdp_set_access_flags
from shootdown.linux.bounds import HUGE_PAGE_REFUSED, count_t
from shootdown.linux.features import HUGE_ZERO_MM, HUGE_ZERO_PAGE
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_remove_pmd_tlb_entry
from shootdown.linux.include.linux.mm_types import (
    VM_WRITE,
    folio,
    page,
    vm_area_struct,
    vm_fault,
)
from shootdown.linux.include.linux.page_flags import folio_test_swapcache
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.include.linux.preempt import might_sleep
from shootdown.linux.include.linux.spinlock import spin_unlock
from shootdown.linux.mm.huge_memory_zero import (
    is_huge_zero_pmd,
    mm_get_huge_zero_folio,
    put_huge_zero_folio,
)
from shootdown.linux.mm.mmu_gather import tlb_remove_page_size
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.pgtable_generic import pmdp_huge_clear_flush
from shootdown.linux.mm.rmap import folio_add_rmap_pte, folio_remove_rmap_ptes

__all__ = [
    "__do_huge_pmd_anonymous_page",
    "do_huge_pmd_anonymous_page",
    "do_huge_pmd_numa_page",
    "do_huge_pmd_wp_page",
    "do_huge_zero_wp_pmd",
    "huge_pmd_set_accessed",
    "map_anon_folio_pmd",
    "sd_handle_huge_fault",
    "sd_map_huge_zero_folio",
    "split_folio",
    "thp_vma_suitable_order",
    "zap_huge_pmd",
]


@kernel
def zap_huge_pmd(tlb: Ref[mmu_gather], pmd: Ptr[pmd_t], addr: vaddr_t) -> Bool:
    """Take out an entry that maps a huge page, and queue the page; tell whether it was one.

    The huge zero page needs no queue: the address space keeps it beyond the flush.

    Kernel: mm/huge_memory.c, v6.18, commit 6fcb52a56ff6
    Context: mmap_lock held; may sleep
    Deviates: anonymous memory only; counters; the huge zero page went into the gather until v5.13
        all the same, where nothing was done with it from v4.9 on
    """
    ptl = pmd_lock(tlb.mm)
    if not pmd_trans_huge(pmdp_get(pmd)):
        spin_unlock(ptl)
        return False
    orig_pmd = pmdp_huge_get_and_clear(pmd)
    tlb_remove_pmd_tlb_entry(tlb, addr)
    is_zero = is_huge_zero_pmd(orig_pmd)
    if not is_zero:
        folio_remove_rmap_ptes(record(page, orig_pmd.pfn))
    spin_unlock(ptl)
    if not (is_zero and has(HUGE_ZERO_MM)):
        tlb_remove_page_size(tlb, record(page, orig_pmd.pfn))
    return True


@kernel
def sd_handle_huge_fault(vmf: Ref[vm_fault]) -> Bool:
    """Handle a fault if a huge page is there, or fits there; tell whether it did.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: stands in __handle_mm_fault(), for create_huge_pmd() and wp_huge_pmd(), too; one look
        is enough to tell none from a huge page, where the kernel takes two
    """
    vmf.orig_pmd = pmdp_get(vmf.pmd)
    if pmd_none(vmf.orig_pmd):
        return vmf.vma.vm_file is NULL and do_huge_pmd_anonymous_page(vmf)
    if not pmd_trans_huge(vmf.orig_pmd):
        return False
    if pmd_protnone(vmf.orig_pmd):
        do_huge_pmd_numa_page(vmf)
    elif vmf.is_write and not vmf.orig_pmd.write:
        do_huge_pmd_wp_page(vmf)
    else:
        huge_pmd_set_accessed(vmf)
    return True


@kernel
def do_huge_pmd_anonymous_page(vmf: Ref[vm_fault]) -> Bool:
    """Map a huge page; tell whether one fits there, and could be had.

    Kernel: mm/huge_memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: no page table is kept in store for a split; the huge zero page can always be had
    """
    haddr: vaddr_t = vmf.address // PMD_SIZE * PMD_SIZE
    if not thp_vma_suitable_order(vmf.vma, haddr):
        return False
    if has(HUGE_ZERO_PAGE) and not vmf.is_write:
        sd_map_huge_zero_folio(vmf)
        return True
    if HUGE_PAGE_REFUSED and choose(2) == 1:
        return False
    __do_huge_pmd_anonymous_page(vmf)
    return True


@kernel
def huge_pmd_set_accessed(vmf: Ref[vm_fault]) -> None:
    """Note an access that an entry allows: somebody has changed it since the fault.

    Kernel: mm/huge_memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: nothing
    """
    ptl = pmd_lock(vmf.vma.vm_mm)
    if pmdp_get(vmf.pmd) == vmf.orig_pmd:
        haddr: vaddr_t = vmf.address // PMD_SIZE * PMD_SIZE
        is_dirty = vmf.orig_pmd.dirty or vmf.is_write
        entry = replace(vmf.orig_pmd, accessed=True, dirty=is_dirty)
        pmdp_set_access_flags(vmf.vma, haddr, vmf.pmd, entry, vmf.is_write)
    spin_unlock(ptl)


@kernel
def do_huge_pmd_numa_page(vmf: Ref[vm_fault]) -> None:
    """Make a huge page accessible that was made inaccessible only to see who uses it.

    Kernel: mm/huge_memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: as do_numa_page()
    """
    ptl = pmd_lock(vmf.vma.vm_mm)
    if pmdp_get(vmf.pmd) == vmf.orig_pmd:
        pmd = pmd_modify(pmdp_get(vmf.pmd), vm_get_page_prot(vmf.vma.vm_flags))
        set_pmd_at(vmf.pmd, replace(pmd, accessed=True))
    spin_unlock(ptl)


@kernel
def do_huge_pmd_wp_page(vmf: Ref[vm_fault]) -> None:
    """Let a store through a read-only entry of a huge page.

    Kernel: mm/huge_memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the page has one owner, so it is not copied, and nobody looks
    """
    if is_huge_zero_pmd(vmf.orig_pmd):
        do_huge_zero_wp_pmd(vmf)
        return
    ptl = pmd_lock(vmf.vma.vm_mm)
    if pmdp_get(vmf.pmd) == vmf.orig_pmd:
        haddr: vaddr_t = vmf.address // PMD_SIZE * PMD_SIZE
        entry = replace(vmf.orig_pmd, accessed=True, dirty=True, write=True)
        pmdp_set_access_flags(vmf.vma, haddr, vmf.pmd, entry, True)
    spin_unlock(ptl)


@kernel
def thp_vma_suitable_order(vma: Ref[vm_area_struct], haddr: vaddr_t) -> Bool:
    """Tell whether a huge page at the address lies in the mapping.

    Kernel: include/linux/huge_mm.h, v6.18
    Context: mmap_lock held
    Deviates: nothing
    """
    return vma.vm_start <= haddr and haddr + PMD_SIZE <= vma.vm_end


@kernel
def sd_map_huge_zero_folio(vmf: Ref[vm_fault]) -> None:
    """Map the huge zero page, unless something is there by now.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: stands in do_huge_pmd_anonymous_page(), with set_huge_zero_folio()
    """
    zero_folio = mm_get_huge_zero_folio(vmf.vma.vm_mm)
    ptl = pmd_lock(vmf.vma.vm_mm)
    is_first = pmd_none(pmdp_get(vmf.pmd))
    if is_first:
        set_pmd_at(vmf.pmd, pmd_t(present=True, huge=1, accessed=True, pfn=index(zero_folio)))
    spin_unlock(ptl)
    if not is_first and not has(HUGE_ZERO_MM):
        put_huge_zero_folio()


@kernel
def __do_huge_pmd_anonymous_page(vmf: Ref[vm_fault]) -> None:
    """Map a fresh huge page, unless something is there by now.

    Kernel: mm/huge_memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: there always is one
    """
    folio = alloc_page()
    ptl = pmd_lock(vmf.vma.vm_mm)
    is_first = pmd_none(pmdp_get(vmf.pmd))
    if is_first:
        map_anon_folio_pmd(folio, vmf.pmd, vmf.vma)
    spin_unlock(ptl)
    if not is_first:
        folio_put(folio)


@kernel
def do_huge_zero_wp_pmd(vmf: Ref[vm_fault]) -> None:
    """Map a fresh huge page for a store, in place of the huge zero page.

    Kernel: mm/huge_memory.c, v6.18 (in do_huge_pmd_wp_page() from v3.8 on)
    Context: mmap_lock held; may sleep
    Deviates: from v5.8 to v6.12 the entry was split instead
    """
    haddr: vaddr_t = vmf.address // PMD_SIZE * PMD_SIZE
    folio = alloc_page()
    ptl = pmd_lock(vmf.vma.vm_mm)
    is_same = pmdp_get(vmf.pmd) == vmf.orig_pmd
    if is_same:
        pmdp_huge_clear_flush(vmf.vma, haddr, vmf.pmd)
        map_anon_folio_pmd(folio, vmf.pmd, vmf.vma)
        if not has(HUGE_ZERO_MM):
            put_huge_zero_folio()
    spin_unlock(ptl)
    if not is_same:
        folio_put(folio)


@kernel
def map_anon_folio_pmd(folio: Ref[folio], pmd: Ptr[pmd_t], vma: Ref[vm_area_struct]) -> None:
    """Map a fresh huge page.

    Kernel: mm/huge_memory.c, v6.18
    Context: ptl held, nothing is mapped there
    Deviates: nothing
    """
    folio_add_rmap_pte(folio)
    is_writable = vma.vm_flags & VM_WRITE != 0
    set_pmd_at(
        pmd,
        pmd_t(present=True, huge=1, write=is_writable, dirty=True, accessed=True, pfn=index(folio)),
    )


@kernel
def split_folio(folio: Ref[folio]) -> Bool:
    """Make small folios of a large one, unless others have references; tell whether that worked.

    Kernel: include/linux/huge_mm.h, v6.18 (split_huge_page before v5.18)
    Context: folio locked, and the caller has a reference; may sleep
    Deviates: the folio is one page, whose mark goes; its entry stays, where the kernel takes it
        out, flushes, and brings it back; references are counted, and not frozen; the lock of the
        mappings
    """
    might_sleep()
    with atomic():
        assert folio._refcount > 0
        expected: count_t = 3 if folio_test_swapcache(folio) else 2
        if folio._refcount != expected:
            return False
        folio.PG_head = False
    return True
