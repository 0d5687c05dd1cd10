# SPDX-License-Identifier: GPL-2.0-only
"""The end of a page's way through the gather."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_SWAP
from shootdown.lang import Ref, kernel
from shootdown.linux.include.linux.mm_types import page
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.mm.swap_state import free_swap_cache

__all__ = ["free_pages_and_swap_cache"]


@kernel
def free_pages_and_swap_cache(page: Ref[page]) -> None:
    """Give back the reference that the unmapped entry had, and the slot if it was the last.

    Kernel: mm/swap_state.c, v6.18
    Context: no spinlock held
    Deviates: takes one page and not an array
    """
    if CONFIG_SWAP:
        free_swap_cache(page)
    folio_put(page)
