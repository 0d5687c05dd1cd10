# SPDX-License-Identifier: GPL-2.0-only
"""Walks through page tables by software that takes no lock."""

from __future__ import annotations

from shootdown.hw.bounds import LEVELS, vaddr_t
from shootdown.hw.cpu import hw_irqs_off, hw_irqs_on
from shootdown.hw.memory import entry_at, hw_read_entry
from shootdown.lang import Bool, Ref, index, kernel
from shootdown.linux.include.linux.mm_types import mm_struct

__all__ = ["get_user_pages_fast"]


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
            if found and level > 1:
                number = entry.pfn
    hw_irqs_on()
    return found
