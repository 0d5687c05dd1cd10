# SPDX-License-Identifier: GPL-2.0-only
"""Unmapping for reclaim, the second part of mm/rmap.c: who uses a page, and nobody shall."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import CONFIG_SWAP
from shootdown.hw.events import page_discarded
from shootdown.hw.memory import hw_test_and_clear_accessed
from shootdown.hw.published import page_place
from shootdown.lang import NULL, Bool, Ref, atomic, index, kernel, local, record, upto
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t, ptep_get_and_clear, set_pte_at
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.include.linux.fs import i_mmap_lock_read, i_mmap_unlock_read
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.page_flags import folio_test_anon, folio_test_dirty
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.include.linux.rmap import (
    anon_vma_unlock_read,
    page_vma_mapped_walk_control,
    page_vma_mapped_walk_done,
    ttu_flags,
)
from shootdown.linux.include.linux.swapops import swp_entry_to_pte
from shootdown.linux.mm.page_vma_mapped import page_vma_mapped_walk
from shootdown.linux.mm.page_writeback import folio_mark_dirty
from shootdown.linux.mm.pgtable_generic import ptep_clear_flush
from shootdown.linux.mm.rmap import folio_mapped, folio_remove_rmap_ptes, sd_look_in
from shootdown.linux.mm.rmap_anon import folio_lock_anon_vma_read
from shootdown.linux.mm.rmap_batch import set_tlb_ubc_flush_pending, should_defer_flush
from shootdown.linux.mm.swapfile import swap_duplicate

__all__ = [
    "folio_referenced",
    "folio_referenced_one",
    "referenced_t",
    "sd_clear_entry",
    "sd_note_slot",
    "sd_replace_entry",
    "try_to_unmap",
    "try_to_unmap_one",
]

referenced_t = Annotated[int, upto(NR_VMAS)]
"""Through how many mappings a page was used."""


@kernel
def try_to_unmap(folio: Ref[folio], flags: ttu_flags) -> None:
    """Take a page out of the page tables, of all of them if that works.

    Kernel: mm/rmap.c, v6.18 (with rmap_walk_file())
    Context: folio locked; may sleep
    Deviates: the tree of mappings is a list
    """
    if CONFIG_SWAP and folio_test_anon(folio):
        sd_unmap_anon(folio, flags)
        return
    mapping = folio.mapping
    i_mmap_lock_read(mapping)
    for i in range(NR_VMAS):
        pvmw = local(page_vma_mapped_walk_control)
        if sd_look_in(pvmw, folio, mapping.i_mmap[i]):
            try_to_unmap_one(pvmw, flags)
            if not folio_mapped(folio):
                break
    i_mmap_unlock_read(mapping)


@kernel
def sd_unmap_anon(folio: Ref[folio], flags: ttu_flags) -> None:
    """Take a page of no file out of the page tables.

    Kernel: none
    Context: folio locked; may sleep
    Deviates: stands for rmap_walk_anon() as try_to_unmap() calls it; the tree of mappings is a list
    """
    anon_vma = folio_lock_anon_vma_read(folio)
    if anon_vma is NULL:
        return
    for i in range(NR_VMAS):
        pvmw = local(page_vma_mapped_walk_control)
        if sd_look_in(pvmw, folio, anon_vma.rb_root[i]):
            try_to_unmap_one(pvmw, flags)
            if not folio_mapped(folio):
                break
    anon_vma_unlock_read(anon_vma)


@kernel
def try_to_unmap_one(pvmw: Ref[page_vma_mapped_walk_control], flags: ttu_flags) -> None:
    """Take the entry that maps the folio out, and flush it now or later.

    Kernel: mm/rmap.c, v6.18, commit d950c9477d51
    Context: i_mmap_rwsem held; may sleep
    Deviates: no notifiers, no huge entries, one entry a mapping; no locked mappings; that the page
        has one owner only needs no mark
    """
    if not page_vma_mapped_walk(pvmw):
        return
    pteval = sd_clear_entry(pvmw, flags)
    if pteval.dirty:
        folio_mark_dirty(pvmw.folio)
    is_gone = True
    if CONFIG_SWAP and folio_test_anon(pvmw.folio):
        is_gone = sd_replace_entry(pvmw, pteval)
    if is_gone:
        folio_remove_rmap_ptes(pvmw.folio)
        folio_put(pvmw.folio)
    page_vma_mapped_walk_done(pvmw)


@kernel
def sd_replace_entry(pvmw: Ref[page_vma_mapped_walk_control], pteval: pte_t) -> Bool:
    """Note where a page of no file will be, or drop it if its owner does not need it.

    If such a page was stored to, its owner does need it: the entry comes back. Tell if it does not.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one(); nobody has a reference to the page besides
    """
    folio = pvmw.folio
    if folio.sd_lazyfree:
        if folio_test_dirty(folio):
            set_pte_at(pvmw.pte, pteval)
            folio.sd_lazyfree = False
            return False
        with atomic():
            page_discarded(index(folio))
        return True
    sd_note_slot(pvmw)
    return True


@kernel
def sd_note_slot(pvmw: Ref[page_vma_mapped_walk_control]) -> None:
    """Note in the place of an entry which slot its page has.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one()
    """
    entry = record(page_place, index(pvmw.folio)).swap
    swap_duplicate(entry)
    set_pte_at(pvmw.pte, swp_entry_to_pte(entry))


@kernel
def sd_clear_entry(pvmw: Ref[page_vma_mapped_walk_control], flags: ttu_flags) -> pte_t:
    """Take an entry out, and flush it now or later.

    If it was clean, a CPU that still has it must look at the tables before it stores through it.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one()
    """
    mm = pvmw.vma.vm_mm
    if should_defer_flush(mm, flags):
        pteval = ptep_get_and_clear(pvmw.pte)
        set_tlb_ubc_flush_pending(mm, pteval)
        return pteval
    return ptep_clear_flush(pvmw.vma, pvmw.address, pvmw.pte)


@kernel
def folio_referenced(folio: Ref[folio]) -> referenced_t:
    """Return through how many mappings the folio was used since somebody last asked.

    Kernel: mm/rmap.c, v6.18 (with rmap_walk_file())
    Context: folio locked; may sleep
    Deviates: waits for the lock of the mappings, as before v5.19
    """
    referenced: referenced_t = 0
    if not folio_mapped(folio):
        return 0
    if CONFIG_SWAP and folio_test_anon(folio):
        return sd_referenced_anon(folio)
    mapping = folio.mapping
    if mapping is NULL:
        return 0
    i_mmap_lock_read(mapping)
    for i in range(NR_VMAS):
        pvmw = local(page_vma_mapped_walk_control)
        if sd_look_in(pvmw, folio, mapping.i_mmap[i]) and folio_referenced_one(pvmw):
            referenced = referenced + 1
    i_mmap_unlock_read(mapping)
    return referenced


@kernel
def sd_referenced_anon(folio: Ref[folio]) -> referenced_t:
    """Return through how many mappings a page of no file was used.

    Kernel: none
    Context: folio locked; may sleep
    Deviates: stands for rmap_walk_anon() as folio_referenced() calls it
    """
    referenced: referenced_t = 0
    anon_vma = folio_lock_anon_vma_read(folio)
    if anon_vma is NULL:
        return 0
    for i in range(NR_VMAS):
        pvmw = local(page_vma_mapped_walk_control)
        if sd_look_in(pvmw, folio, anon_vma.rb_root[i]) and folio_referenced_one(pvmw):
            referenced = referenced + 1
    anon_vma_unlock_read(anon_vma)
    return referenced


@kernel
def folio_referenced_one(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Tell whether the entry that maps the folio was used, and forget that it was.

    Kernel: mm/rmap.c, v6.18 (with ptep_clear_flush_young(), which flushes nothing on x86)
    Context: i_mmap_rwsem held; may sleep
    Deviates: no notifiers, no huge entries, one entry a mapping; no locked mappings; before v3.16
        the entry was flushed
    """
    is_referenced = False
    if page_vma_mapped_walk(pvmw):
        is_referenced = hw_test_and_clear_accessed(pvmw.pte)
        page_vma_mapped_walk_done(pvmw)
    return is_referenced
