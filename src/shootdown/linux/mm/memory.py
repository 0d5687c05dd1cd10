# SPDX-License-Identifier: GPL-2.0-only
"""Unmapping: entries are zapped through the gather, then tables that lost their use are freed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shootdown.hw.bounds import CONFIG_SWAP, CONFIG_TRANSPARENT_HUGEPAGE, LEVELS, vaddr_t
from shootdown.hw.memory import hw_read_entry, hw_write_entry
from shootdown.lang import NULL, Bool, Ptr, Ref, has, kernel, local, record, struct
from shootdown.linux.arch.x86.include.asm.pgtable import (
    P4D_SIZE,
    PGDIR_SIZE,
    PMD_SIZE,
    PUD_SIZE,
    p4d_addr_end,
    p4d_none_or_clear_bad,
    p4d_offset,
    pgd_addr_end,
    pgd_none_or_clear_bad,
    pgd_offset,
    pgd_t,
    pmd_addr_end,
    pmd_offset,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pte_lockptr,
    pte_present,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    ptep_get_and_clear,
    pud_addr_end,
    pud_none_or_clear_bad,
    pud_offset,
    set_pte_at,
)
from shootdown.linux.features import NO_LOCKBREAK
from shootdown.linux.include.asm_generic.tlb import (
    mmu_gather,
    pte_free_tlb,
    tlb_delay_rmap,
    tlb_end_vma,
    tlb_remove_tlb_entry,
)
from shootdown.linux.include.linux.mm import page_folio
from shootdown.linux.include.linux.mm_types import page, vm_area_struct
from shootdown.linux.include.linux.pgtable import (
    pmd_none_or_clear_bad,
    pmd_none_or_trans_huge_or_clear_bad,
)
from shootdown.linux.include.linux.sched import cond_resched
from shootdown.linux.include.linux.swapops import is_swap_pte, pte_to_swp_entry
from shootdown.linux.mm.huge_memory import zap_huge_pmd
from shootdown.linux.mm.mmu_gather import (
    __tlb_remove_page_size,
    tlb_flush_mmu,
    tlb_flush_mmu_tlbonly,
    tlb_flush_rmaps,
)
from shootdown.linux.mm.page_writeback import folio_mark_dirty
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap import folio_remove_rmap_ptes
from shootdown.linux.mm.rmap_anon import unlink_anon_vmas
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending
from shootdown.linux.mm.swapfile import free_swap_and_cache

if TYPE_CHECKING:
    from shootdown.linux.mm.vma import unlink_file_vma

__all__ = [
    "free_pgd_range",
    "free_pgtables",
    "sd_zap_result",
    "unmap_page_range",
    "unmap_single_vma",
    "unmap_vmas",
    "zap_nonpresent_ptes",
    "zap_p4d_range",
    "zap_pmd_range",
    "zap_present_folio_ptes",
    "zap_pte_range",
    "zap_pud_range",
]


@struct
class sd_zap_result:
    """What zapping an entry asks of the loop around it: pointers to bool in the kernel."""

    force_flush: Bool
    force_break: Bool


@kernel
def zap_present_folio_ptes(
    tlb: Ref[mmu_gather],
    pte: Ptr[pte_t],
    folio: Ref[page],
    addr: vaddr_t,
    result: Ref[sd_zap_result],
) -> None:
    """Take out a present entry and queue its page.

    Kernel: mm/memory.c, v6.18
    Context: ptl held
    Deviates: one entry at a time; the page's age and the mm's counters
    """
    delay_rmap = False
    if folio.mapping is not NULL:
        ptent = ptep_get_and_clear(pte)
        if ptent.dirty:
            folio_mark_dirty(folio)
            if tlb_delay_rmap(tlb):
                delay_rmap = True
                result.force_flush = True
    else:
        ptep_get_and_clear(pte)
    tlb_remove_tlb_entry(tlb, addr)
    if not delay_rmap:
        folio_remove_rmap_ptes(folio)
    if __tlb_remove_page_size(tlb, folio, delay_rmap):
        result.force_flush = True
        result.force_break = True


@kernel
def zap_nonpresent_ptes(pte: Ptr[pte_t], ptent: pte_t) -> None:
    """Take out an entry that says that its page is on the disk.

    Kernel: mm/memory.c, v6.18 (in zap_pte_range before v6.14)
    Context: ptl held
    Deviates: one entry at a time; the mm's counters
    """
    free_swap_and_cache(pte_to_swp_entry(ptent))
    set_pte_at(pte, pte_t())


@kernel
def zap_pte_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pmd: Ptr[pmd_t], addr: vaddr_t, end: vaddr_t
) -> vaddr_t:
    """Zap the entries of one table, up to `end` or until the gather is full.

    Kernel: mm/memory.c, v6.18, commits 1cf35d47712d, 5df397dec7c4
    Context: mmap_lock held; may sleep
    Deviates: stops for a full gather, not for need_resched(); no reclaim of empty tables, which
        munmap() never asks for
    """
    result = local(sd_zap_result)
    pte = pte_offset_map_lock(pmd, addr)
    ptl = pte_lockptr(pte)
    flush_tlb_batched_pending(vma.vm_mm)
    while True:
        ptent = ptep_get(pte)
        if pte_present(ptent):
            zap_present_folio_ptes(tlb, pte, page_folio(record(page, ptent.pfn)), addr, result)
        elif CONFIG_SWAP and is_swap_pte(ptent):
            zap_nonpresent_ptes(pte, ptent)
        addr = addr + 1
        if result.force_break or addr == end:
            break
        pte = pte + 1
    if result.force_flush:
        tlb_flush_mmu_tlbonly(tlb)
        tlb_flush_rmaps(tlb, vma)
    pte_unmap_unlock(ptl)
    if result.force_flush:
        tlb_flush_mmu(tlb)
    return addr


@kernel
def zap_pmd_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pud: Ptr[pgd_t], addr: vaddr_t, end: vaddr_t
) -> None:
    """Zap the entries of the tables below one pud entry.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: no huge page is split, so a range has all of it or nothing; a table that zap left
        before its end is not looked up again
    """
    pmd = pmd_offset(pud, addr)
    while addr != end:
        next = pmd_addr_end(addr, end)
        if CONFIG_TRANSPARENT_HUGEPAGE:
            addr = sd_zap_huge(tlb, pmd, addr, next)
        if addr != next and pmd_none_or_trans_huge_or_clear_bad(pmd):
            addr = next
        while addr != next:
            addr = zap_pte_range(tlb, vma, pmd, addr, next)
            if has(NO_LOCKBREAK):
                cond_resched()
        if addr != end:
            pmd = pmd + 1


@kernel
def sd_zap_huge(tlb: Ref[mmu_gather], pmd: Ptr[pmd_t], addr: vaddr_t, next: vaddr_t) -> vaddr_t:
    """Zap a huge page, if there is one, and return where to go on.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: stands in zap_pmd_range(); the kernel may sleep after a huge page, too
    """
    if not pmd_trans_huge(pmdp_get(pmd)):
        return addr
    assert next - addr == PMD_SIZE
    return next if zap_huge_pmd(tlb, pmd, addr) else addr


@kernel
def zap_pud_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], p4d: Ptr[pgd_t], addr: vaddr_t, end: vaddr_t
) -> None:
    """Zap the entries of the tables below one p4d entry.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: no huge entries
    """
    pud = pud_offset(p4d, addr)
    while addr != end:
        next = pud_addr_end(addr, end)
        if not pud_none_or_clear_bad(pud):
            zap_pmd_range(tlb, vma, pud, addr, next)
        addr = next
        if addr != end:
            pud = pud + 1


@kernel
def zap_p4d_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], pgd: Ptr[pgd_t], addr: vaddr_t, end: vaddr_t
) -> None:
    """Zap the entries of the tables below one entry of the root.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: nothing
    """
    p4d = p4d_offset(pgd, addr)
    while addr != end:
        next = p4d_addr_end(addr, end)
        if not p4d_none_or_clear_bad(p4d):
            zap_pud_range(tlb, vma, p4d, addr, next)
        addr = next
        if addr != end:
            p4d = p4d + 1


@kernel
def unmap_page_range(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], addr: vaddr_t, end: vaddr_t
) -> None:
    """Zap a range of one mapping.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: tlb_start_vma(), which only chooses the kind of flush
    """
    pgd = pgd_offset(vma.vm_mm, addr)
    while addr != end:
        next = pgd_addr_end(addr, end)
        if not pgd_none_or_clear_bad(pgd):
            zap_p4d_range(tlb, vma, pgd, addr, next)
        addr = next
        if addr != end:
            pgd = pgd + 1
    tlb_end_vma(tlb, vma)


@kernel
def unmap_single_vma(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], start_addr: vaddr_t, end_addr: vaddr_t
) -> None:
    """Zap the part of a mapping that lies in a range.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: no probes, no hugetlbfs
    """
    start = vma.vm_start if vma.vm_start > start_addr else start_addr
    end = vma.vm_end if vma.vm_end < end_addr else end_addr
    if start < end:
        unmap_page_range(tlb, vma, start, end)


@kernel
def unmap_vmas(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], start_addr: vaddr_t, end_addr: vaddr_t
) -> None:
    """Zap a range of mappings.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: one mapping; no notifiers
    """
    unmap_single_vma(tlb, vma, start_addr, end_addr)


@kernel
def free_pgtables(
    tlb: Ref[mmu_gather], vma: Ref[vm_area_struct], floor: vaddr_t, ceiling: vaddr_t
) -> None:
    """Hide a mapping from reverse-map walks, then free the tables that only it has used.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held, no fault under way in the mapping; may sleep
    Deviates: one mapping; unlinking is not batched by file (v6.10)
    """
    if CONFIG_SWAP:
        unlink_anon_vmas(vma)
    unlink_file_vma(vma)
    free_pgd_range(tlb, vma.vm_start, vma.vm_end, floor, ceiling)


@kernel
def free_pgd_range(
    tlb: Ref[mmu_gather], addr: vaddr_t, end: vaddr_t, floor: vaddr_t, ceiling: vaddr_t
) -> None:
    """Free the tables of a range that nothing between `floor` and `ceiling` uses but the range.

    Kernel: mm/memory.c, v6.18
    Context: the range's mappings are hidden from faults and from reverse-map walks
    Deviates: the end of the address space is NR_VPN and not 0
    """
    addr = addr // PMD_SIZE * PMD_SIZE
    if addr < floor:
        addr = addr + PMD_SIZE
    if end > ceiling // PMD_SIZE * PMD_SIZE:
        end = end - PMD_SIZE if end > PMD_SIZE else 0
    if addr >= end:
        return
    pgd = pgd_offset(tlb.mm, addr)
    while addr != end:
        next = pgd_addr_end(addr, end)
        if not pgd_none_or_clear_bad(pgd):
            free_p4d_range(tlb, pgd, addr, next, floor, ceiling)
        addr = next
        if addr != end:
            pgd = pgd + 1


@kernel
def free_p4d_range(
    tlb: Ref[mmu_gather],
    pgd: Ptr[pgd_t],
    addr: vaddr_t,
    end: vaddr_t,
    floor: vaddr_t,
    ceiling: vaddr_t,
) -> None:
    """Free the tables below an entry of the root, and then its p4d table.

    Kernel: mm/memory.c, v6.18
    Context: as free_pgd_range()
    Deviates: nothing
    """
    start = addr
    p4d = p4d_offset(pgd, addr)
    while addr != end:
        next = p4d_addr_end(addr, end)
        if not p4d_none_or_clear_bad(p4d):
            free_pud_range(tlb, p4d, addr, next, floor, ceiling)
        addr = next
        if addr != end:
            p4d = p4d + 1
    if LEVELS >= 5:
        if sd_is_last_use(start, end, floor, ceiling, PGDIR_SIZE):
            sd_free_table(tlb, pgd, start)


@kernel
def free_pud_range(
    tlb: Ref[mmu_gather],
    p4d: Ptr[pgd_t],
    addr: vaddr_t,
    end: vaddr_t,
    floor: vaddr_t,
    ceiling: vaddr_t,
) -> None:
    """Free the tables below a p4d entry, and then its pud table.

    Kernel: mm/memory.c, v6.18
    Context: as free_pgd_range()
    Deviates: nothing
    """
    start = addr
    pud = pud_offset(p4d, addr)
    while addr != end:
        next = pud_addr_end(addr, end)
        if not pud_none_or_clear_bad(pud):
            free_pmd_range(tlb, pud, addr, next, floor, ceiling)
        addr = next
        if addr != end:
            pud = pud + 1
    if LEVELS >= 4:
        if sd_is_last_use(start, end, floor, ceiling, P4D_SIZE):
            sd_free_table(tlb, p4d, start)


@kernel
def free_pmd_range(
    tlb: Ref[mmu_gather],
    pud: Ptr[pgd_t],
    addr: vaddr_t,
    end: vaddr_t,
    floor: vaddr_t,
    ceiling: vaddr_t,
) -> None:
    """Free the tables below a pud entry, and then its pmd table.

    Kernel: mm/memory.c, v6.18
    Context: as free_pgd_range()
    Deviates: nothing
    """
    start = addr
    pmd = pmd_offset(pud, addr)
    while addr != end:
        next = pmd_addr_end(addr, end)
        if not pmd_none_or_clear_bad(pmd):
            free_pte_range(tlb, pmd, addr)
        addr = next
        if addr != end:
            pmd = pmd + 1
    if LEVELS >= 3:
        if sd_is_last_use(start, end, floor, ceiling, PUD_SIZE):
            sd_free_table(tlb, pud, start)


@kernel
def free_pte_range(tlb: Ref[mmu_gather], pmd: Ptr[pmd_t], addr: vaddr_t) -> None:
    """Free the table of the lowest level below a pmd entry.

    Kernel: mm/memory.c, v6.18
    Context: as free_pgd_range()
    Deviates: nothing
    """
    if LEVELS >= 2:
        sd_free_table(tlb, pmd, addr)


@kernel
def sd_is_last_use(
    start: vaddr_t, end: vaddr_t, floor: vaddr_t, ceiling: vaddr_t, size: int
) -> Bool:
    """Tell whether no address outside the range needs the table that spans `size` around it.

    Kernel: none
    Context: as free_pgd_range()
    Deviates: stands at the end of each free_p?d_range() in the kernel
    """
    return start // size * size >= floor and end <= ceiling // size * size


@kernel
def sd_free_table(tlb: Ref[mmu_gather], upper: Ptr[pgd_t], addr: vaddr_t) -> None:
    """Unlink the table below an entry and queue it to be freed after the flush.

    Kernel: none
    Context: as free_pgd_range()
    Deviates: stands for pgd_clear() to pmd_clear() with p4d_free_tlb() to pte_free_tlb()
    """
    table = hw_read_entry(upper).pfn
    hw_write_entry(upper, pgd_t())
    pte_free_tlb(tlb, table, addr)
