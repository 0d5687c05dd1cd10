# SPDX-License-Identifier: GPL-2.0-only
"""Swap entries: page-table entries that are not present and say where the page is."""

from __future__ import annotations

from shootdown.hw.memory import names_block
from shootdown.lang import Bool, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t
from shootdown.linux.include.linux.swap import swp_entry_t

__all__ = ["is_swap_pte", "pte_to_swp_entry", "swp_entry_to_pte"]


@kernel
def is_swap_pte(pte: pte_t) -> Bool:
    """Tell whether an entry says where on the disk its page is.

    Kernel: include/linux/swapops.h, v6.18
    Context: any
    Deviates: the kernel's may also say that the page is moving
    """
    return names_block(pte)


@kernel
def swp_entry_to_pte(entry: swp_entry_t) -> pte_t:
    """Return an entry that says that the page is in a slot.

    Kernel: include/linux/swapops.h, v6.18
    Context: any
    Deviates: nobody forks, so that the page has no other owner needs no mark
    """
    return pte_t(accessed=True, pfn=entry)


@kernel
def pte_to_swp_entry(pte: pte_t) -> swp_entry_t:
    """Return in which slot the page is.

    Kernel: include/linux/swapops.h, v6.18
    Context: the entry says so
    Deviates: nothing
    """
    assert names_block(pte)
    return pte.pfn
