# SPDX-License-Identifier: GPL-2.0-only
"""Pages of an address space are looked up for others: without a lock, or by a fault."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, LEVELS, vaddr_t
from shootdown.hw.cpu import hw_irqs_off, hw_irqs_on
from shootdown.hw.events import fault_begun, fault_done
from shootdown.hw.memory import entry_at, hw_read_entry
from shootdown.lang import NULL, Bool, Ref, index, kernel
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.mm.memory_fault import handle_mm_fault
from shootdown.linux.mm.vma import find_vma

__all__ = ["get_user_pages_fast", "get_user_pages_remote"]


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
