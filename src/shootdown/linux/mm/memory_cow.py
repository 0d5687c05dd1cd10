# SPDX-License-Identifier: GPL-2.0-only
"""Copy on write, the fifth part of mm/memory.c: a page that others have, too, is left to them."""

from __future__ import annotations

from shootdown.lang import Ref, index, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    set_pte_at,
)
from shootdown.linux.include.linux.mm import page_folio
from shootdown.linux.include.linux.mm_types import vm_fault
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock, ptep_clear_flush
from shootdown.linux.mm.rmap import folio_remove_rmap_ptes
from shootdown.linux.mm.rmap_anon import folio_add_anon_rmap_pte
from shootdown.linux.mm.swap_lru import folio_add_lru

__all__ = ["wp_page_copy"]


@kernel
def wp_page_copy(vmf: Ref[vm_fault]) -> None:
    """Map a copy of a page in its place, which can be stored to; unless the entry has changed.

    Nobody may still load from the old page when the first store reaches the new one: the entry is
    flushed while it is empty.

    Kernel: mm/memory.c, v6.18
    Context: the caller has taken a reference to the page; mmap_lock held; may sleep
    Deviates: the copy is made in no time, and what is in it does not matter; no notifiers; the old
        page keeps its slot (free_swap_cache)
    """
    old_folio = page_folio(vmf.page)
    new_folio = alloc_page()
    vmf.pte = pte_offset_map_lock(vmf.pmd, vmf.address)
    is_same = ptep_get(vmf.pte) == vmf.orig_pte
    if is_same:
        ptep_clear_flush(vmf.vma, vmf.address, vmf.pte)
        folio_add_anon_rmap_pte(new_folio, vmf.vma, vmf.address)
        folio_add_lru(new_folio)
        entry = pte_t(present=True, write=True, dirty=True, accessed=True, pfn=index(new_folio))
        set_pte_at(vmf.pte, entry)
        folio_remove_rmap_ptes(old_folio)
    pte_unmap_unlock(vmf.ptl)
    folio_put(old_folio if is_same else new_folio)
    folio_put(old_folio)
