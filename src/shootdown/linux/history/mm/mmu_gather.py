# SPDX-License-Identifier: GPL-2.0-only
"""What the gather had before v4.8."""

from __future__ import annotations

from shootdown.lang import Ref, kernel
from shootdown.linux.bounds import MMU_GATHER_BUNDLE, slots_t
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import page

__all__ = ["__tlb_remove_page"]


@kernel
def __tlb_remove_page(tlb: Ref[mmu_gather], page: Ref[page]) -> slots_t:
    """Queue a page to be freed after the flush, and return for how many more there is room.

    Kernel: mm/memory.c, v3.15
    Context: ptl held
    Deviates: the gather has its bundle only; asking for a page more never succeeds
    """
    tlb.pages[tlb.nr] = page
    tlb.nr = tlb.nr + 1
    return MMU_GATHER_BUNDLE - tlb.nr
