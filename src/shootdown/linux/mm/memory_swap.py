# SPDX-License-Identifier: GPL-2.0-only
"""Faults on pages that are on the disk, the fourth part of mm/memory.c."""

from __future__ import annotations

from shootdown.lang import NULL, Bool, Ref, has, index, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pte_lockptr,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    set_pte_at,
)
from shootdown.linux.features import SWAPIN_WRITABLE
from shootdown.linux.include.linux.mm_types import VM_WRITE, folio, vm_fault
from shootdown.linux.include.linux.page_flags import folio_test_swapcache
from shootdown.linux.include.linux.pagemap import folio_lock, folio_put, folio_unlock
from shootdown.linux.include.linux.swapops import pte_to_swp_entry
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_anon import folio_add_anon_rmap_pte
from shootdown.linux.mm.swap_state import (
    folio_matches_swap_entry,
    swap_cache_get_folio,
    swapin_readahead,
)
from shootdown.linux.mm.swapfile import folio_free_swap, swap_free

__all__ = ["do_swap_page", "sd_map_swapped_page", "sd_swapped_folio", "should_try_to_free_swap"]


@kernel
def do_swap_page(vmf: Ref[vm_fault]) -> None:
    """Map a page that is on the disk, or still in the swap cache.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: pages of memory that is as fast as a disk can be go through the swap cache, too; the
        page is nobody else's, since nobody forks
    """
    folio = sd_swapped_folio(vmf)
    if folio is NULL:
        return
    vmf.page = folio
    vmf.pte = pte_offset_map_lock(vmf.pmd, vmf.address)
    vmf.ptl = pte_lockptr(vmf.pte)
    if ptep_get(vmf.pte) == vmf.orig_pte:
        sd_map_swapped_page(vmf)
        return
    pte_unmap_unlock(vmf.ptl)
    folio_unlock(folio)
    folio_put(folio)


@kernel
def sd_swapped_folio(vmf: Ref[vm_fault]) -> Ref[folio]:
    """Return the page of a fault, locked and with a reference, or NULL to look at the entry again.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: stands in do_swap_page() in the kernel
    """
    entry = pte_to_swp_entry(vmf.orig_pte)
    folio = swap_cache_get_folio(entry)
    if folio is NULL:
        folio = swapin_readahead(entry)
    if folio is not NULL:
        folio_lock(folio)
        if not folio_matches_swap_entry(folio, entry):
            folio_unlock(folio)
            folio_put(folio)
            folio = NULL
    return folio


@kernel
def sd_map_swapped_page(vmf: Ref[vm_fault]) -> None:
    """Put the entry of a page in place that is in the swap cache.

    The page loses its slot if it is about to be stored to: what the slot has is outdated then.

    Kernel: none
    Context: page and ptl locked, both unlocked on return
    Deviates: stands in do_swap_page() in the kernel
    """
    folio = vmf.page
    swap_free(pte_to_swp_entry(vmf.orig_pte))
    if should_try_to_free_swap(vmf):
        folio_free_swap(folio)
    is_writable = has(SWAPIN_WRITABLE) and vmf.vma.vm_flags & VM_WRITE != 0
    pte = pte_t(
        present=True,
        write=vmf.is_write or is_writable,
        dirty=vmf.is_write,
        accessed=True,
        pfn=index(folio),
    )
    folio_add_anon_rmap_pte(folio, vmf.vma, vmf.address)
    set_pte_at(vmf.pte, pte)
    folio_unlock(folio)
    pte_unmap_unlock(vmf.ptl)


@kernel
def should_try_to_free_swap(vmf: Ref[vm_fault]) -> Bool:
    """Tell whether the swap cache's reference to the page would be the only one but the fault's.

    Kernel: mm/memory.c, v6.18
    Context: page and ptl locked
    Deviates: the swap area is never nearly full
    """
    if not folio_test_swapcache(vmf.page):
        return False
    return vmf.is_write and vmf.page._refcount == 2
