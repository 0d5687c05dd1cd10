# SPDX-License-Identifier: GPL-2.0-only
"""Swap-in before v5.18: the entry is in place before the slot loses it."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import CONFIG_SWAP
from shootdown.hw.published import page_place
from shootdown.lang import Bool, Ref, index, kernel, record, upto
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    set_pte_at,
)
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.features import SWAPIN_REUSE
from shootdown.linux.history.mm.page_flags import PageSwapCache, PageWriteback
from shootdown.linux.history.mm.pagemap import (
    get_page,
    lock_page,
    put_page,
    trylock_page,
    unlock_page,
)
from shootdown.linux.include.linux.mm_types import page, vm_fault
from shootdown.linux.include.linux.page_flags import folio_set_dirty
from shootdown.linux.include.linux.swap import swap_slot
from shootdown.linux.include.linux.swapops import pte_to_swp_entry
from shootdown.linux.mm.memory_fault import wp_page_reuse
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_anon import folio_add_anon_rmap_pte
from shootdown.linux.mm.swap_state import swap_cache_del_folio
from shootdown.linux.mm.swapfile import folio_free_swap, swap_free

__all__ = [
    "reuse_swap_page",
    "sd_map_swapped_page",
    "sd_wp_page_private",
    "should_try_to_free_swap",
]


@kernel(before=SWAPIN_REUSE)
def sd_map_swapped_page(vmf: Ref[vm_fault]) -> None:
    """Put the entry of a page in place that is in the swap cache.

    Kernel: none
    Context: page and ptl locked, both unlocked on return
    Deviates: stands in do_swap_page() in the kernel
    """
    is_reused = vmf.is_write and reuse_swap_page(vmf.page)
    pte = pte_t(present=True, write=is_reused, dirty=is_reused, accessed=True, pfn=index(vmf.page))
    set_pte_at(vmf.pte, pte)
    folio_add_anon_rmap_pte(vmf.page, vmf.vma, vmf.address)
    swap_free(pte_to_swp_entry(vmf.orig_pte))
    if should_try_to_free_swap(vmf):
        folio_free_swap(vmf.page)
    unlock_page(vmf.page)
    pte_unmap_unlock(vmf.ptl)


@kernel(before=SWAPIN_REUSE)
def should_try_to_free_swap(vmf: Ref[vm_fault]) -> Bool:
    """Tell whether the page's slot is needed for others.

    Kernel: mm/memory.c, v5.8 (stands in do_swap_page())
    Context: page and ptl locked
    Deviates: the swap area is never nearly full
    """
    return False


@kernel(before=SWAPIN_REUSE)
def sd_wp_page_private(vmf: Ref[vm_fault]) -> None:
    """Make the entry of a page writable that has one owner, and take it out of the swap cache.

    Kernel: none
    Context: ptl held, released on return; mmap_sem held; may sleep
    Deviates: a part of do_wp_page(), before v5.9; without a swap area the page's lock is left out
    """
    if CONFIG_SWAP and not trylock_page(vmf.page):
        get_page(vmf.page)
        pte_unmap_unlock(vmf.ptl)
        lock_page(vmf.page)
        vmf.pte = pte_offset_map_lock(vmf.pmd, vmf.address)
        is_same = ptep_get(vmf.pte) == vmf.orig_pte
        if not is_same:
            unlock_page(vmf.page)
            pte_unmap_unlock(vmf.ptl)
        put_page(vmf.page)
        if not is_same:
            return
    if CONFIG_SWAP:
        reuse_swap_page(vmf.page)
        unlock_page(vmf.page)
    wp_page_reuse(vmf)


@kernel
def reuse_swap_page(page: Ref[page]) -> Bool:
    """Tell whether nobody else has the page; if so, it loses its slot if nobody writes to that.

    Kernel: mm/swapfile.c, v3.15
    Context: page locked, and ptl held
    Deviates: before v5.9; from then on a page that anybody else refers to is copied
    """
    count: Annotated[int, upto(2 * NR_VMAS)] = page._mapcount + 1
    if count <= 1 and PageSwapCache(page):
        count = count + record(swap_slot, record(page_place, index(page)).swap).count
        if count == 1 and not PageWriteback(page):
            swap_cache_del_folio(page)
            folio_set_dirty(page)
    return count <= 1
