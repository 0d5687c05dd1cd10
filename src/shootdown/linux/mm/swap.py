# SPDX-License-Identifier: GPL-2.0-only
"""The end of a page's way through the gather."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_SWAP, CONFIG_TRANSPARENT_HUGEPAGE
from shootdown.lang import Ref, has, kernel
from shootdown.linux.features import HUGE_ZERO_MM, LAZYFREE
from shootdown.linux.include.linux.mm_types import folio, page
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.mm.huge_memory_zero import is_huge_zero_folio, put_huge_zero_folio
from shootdown.linux.mm.swap_state import free_swap_cache

__all__ = ["folio_mark_lazyfree", "free_pages_and_swap_cache"]


@kernel
def free_pages_and_swap_cache(page: Ref[page]) -> None:
    """Give back the reference that the unmapped entry had, and the slot if it was the last.

    Kernel: mm/swap_state.c, v6.18
    Context: no spinlock held
    Deviates: takes one page and not an array
    """
    if CONFIG_TRANSPARENT_HUGEPAGE and not has(HUGE_ZERO_MM):
        if is_huge_zero_folio(page):
            put_huge_zero_folio()
            return
    if CONFIG_SWAP:
        free_swap_cache(page)
    folio_put(page)


@kernel
def folio_mark_lazyfree(folio: Ref[folio]) -> None:
    """Let reclaim drop the folio, as long as nobody stores to it.

    Kernel: mm/swap.c, v6.18, commit 802a3a92ad7a
    Context: ptl held
    Deviates: at once, where the kernel keeps a list of such folios for a while; before v4.12 the
        folio only becomes older, and that it is clean says the rest
    """
    if has(LAZYFREE):
        folio.sd_lazyfree = True
