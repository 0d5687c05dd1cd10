# SPDX-License-Identifier: GPL-2.0-only
"""Pages of an address space are looked up for others: without a lock, or by a fault."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, LEVELS, vaddr_t
from shootdown.hw.cpu import hw_irqs_off, hw_irqs_on
from shootdown.hw.events import fault_begun, fault_done
from shootdown.hw.memory import entry_at, hw_read_entry
from shootdown.lang import NULL, Bool, Ref, index, kernel, record
from shootdown.linux.arch.x86.include.asm.pgtable import pte_offset_map, ptep_get
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.include.linux.pagemap import folio_put, folio_try_get
from shootdown.linux.mm.memory_fault import handle_mm_fault
from shootdown.linux.mm.page_vma_mapped import mm_find_pmd
from shootdown.linux.mm.vma import find_vma

__all__ = [
    "get_user_pages_fast",
    "get_user_pages_remote",
    "gup_fast_pte_range",
    "pin_user_pages_fast",
]


@kernel
def get_user_pages_fast(mm: Ref[mm_struct], start: vaddr_t) -> Bool:
    """Look up a page of the address space without a lock; tell whether there is one.

    Interrupts are off, so nobody can finish a flush by interrupt meanwhile, nor wait for RCU.

    Kernel: mm/gup.c, v6.18 (gup_fast; arch/x86/mm/gup.c before v4.13)
    Context: may sleep
    Deviates: takes no reference, so it does not look whether the entry still is what it was; no
        slow way if there is no page
    """
    found = True
    hw_irqs_off()
    number = index(mm.pgd)
    for above in range(LEVELS):
        level = LEVELS - above
        if found:
            entry = hw_read_entry(entry_at(number, start, level))
            found = entry.present
            if CONFIG_TRANSPARENT_HUGEPAGE and entry.huge == 1:
                break
            if found and level > 1:
                number = entry.pfn
    hw_irqs_on()
    return found


@kernel
def pin_user_pages_fast(mm: Ref[mm_struct], start: vaddr_t) -> Ref[page]:
    """Return a page of the address space to be stored to by its reference.

    Kernel: mm/gup.c, v6.18 (get_user_pages_fast before v6.2)
    Context: may sleep
    Deviates: a reference stands for a pin; the slow way is a fault, and then the fast one again
    """
    found = gup_fast_pte_range(mm, start)
    while found is NULL:
        get_user_pages_remote(mm, start, True)
        found = gup_fast_pte_range(mm, start)
    return found


@kernel
def gup_fast_pte_range(mm: Ref[mm_struct], start: vaddr_t) -> Ref[page]:
    """Take a reference to a page that can be stored to, if its entry says so before and after.

    Kernel: mm/gup.c, v6.18 (gup_pte_range before v6.10)
    Context: may sleep
    Deviates: one entry, for a store; turns interrupts off and on, as callers do
    """
    found: Ref[page] = NULL
    hw_irqs_off()
    ptep = pte_offset_map(mm_find_pmd(mm, start), start)
    pte = ptep_get(ptep)
    if pte.present and pte.write and folio_try_get(record(page, pte.pfn)):
        if ptep_get(ptep) == pte:
            found = record(page, pte.pfn)
        else:
            folio_put(record(page, pte.pfn))
    hw_irqs_on()
    return found


@kernel
def get_user_pages_remote(mm: Ref[mm_struct], start: vaddr_t, is_write: Bool) -> None:
    """Have a page at an address of an address space that need not be the task's own.

    Kernel: mm/gup.c, v6.18
    Context: may sleep
    Deviates: takes mmap_lock itself, as callers do; one fault, whether there is a page or not, and
        no reference to the page
    """
    mmap_read_lock(mm)
    vma = find_vma(mm, start)
    if vma is not NULL:
        fault_begun()
        handle_mm_fault(vma, start, is_write)
        fault_done()
    mmap_read_unlock(mm)
