# SPDX-License-Identifier: GPL-2.0-only
"""Unmapping for reclaim, the second part of mm/rmap.c: who uses a page, and nobody shall."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import CONFIG_SWAP, FOLIO_PAGES, folio_pages_t
from shootdown.hw.events import page_discarded
from shootdown.hw.memory import hw_test_and_clear_accessed
from shootdown.hw.published import page_place
from shootdown.lang import NULL, Bool, Ref, atomic, has, index, kernel, local, record, upto
from shootdown.linux.arch.x86.include.asm.pgtable import pmd_addr_end, pte_t, ptep_get, set_pte_at
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_range
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.features import LAZYFREE_BATCH, LAZYFREE_BATCH_WRITE, LAZYFREE_REFS
from shootdown.linux.include.linux.fs import i_mmap_lock_read, i_mmap_unlock_read
from shootdown.linux.include.linux.mm import folio_nr_pages
from shootdown.linux.include.linux.mm_types import folio, vm_area_struct
from shootdown.linux.include.linux.page_flags import (
    folio_test_anon,
    folio_test_dirty,
    folio_test_large,
)
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.include.linux.pgtable import get_and_clear_ptes, set_ptes
from shootdown.linux.include.linux.rmap import (
    anon_vma_unlock_read,
    page_vma_mapped_walk_control,
    page_vma_mapped_walk_done,
    ttu_flags,
)
from shootdown.linux.include.linux.swapops import swp_entry_to_pte
from shootdown.linux.mm.internal import folio_pte_batch_flags
from shootdown.linux.mm.page_vma_mapped import page_vma_mapped_walk
from shootdown.linux.mm.page_writeback import folio_mark_dirty
from shootdown.linux.mm.rmap import folio_mapped, folio_remove_rmap_ptes, sd_look_in
from shootdown.linux.mm.rmap_anon import folio_lock_anon_vma_read
from shootdown.linux.mm.rmap_batch import set_tlb_ubc_flush_pending, should_defer_flush
from shootdown.linux.mm.swapfile import swap_duplicate

__all__ = [
    "folio_referenced",
    "folio_referenced_one",
    "folio_unmap_pte_batch",
    "referenced_t",
    "sd_clear_entries",
    "sd_note_slot",
    "sd_replace_entries",
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
    Deviates: the tree of mappings is a list; does not look after each mapping whether others want
        the CPU; no caller has the lock of the mappings already
    """
    if CONFIG_SWAP and folio_test_anon(folio):
        sd_unmap_anon(folio, flags)
        return
    mapping = folio.mapping
    i_mmap_lock_read(mapping)
    for i in range(NR_VMAS):
        if not sd_unmap_in(folio, mapping.i_mmap[i], flags):
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
        if not sd_unmap_in(folio, anon_vma.rb_root[i], flags):
            break
    anon_vma_unlock_read(anon_vma)


@kernel
def sd_unmap_in(folio: Ref[folio], vma: Ref[vm_area_struct], flags: ttu_flags) -> Bool:
    """Take a page out of a mapping, if it is there; tell whether to look at other mappings.

    Kernel: none
    Context: the lock of the page's mappings held; may sleep
    Deviates: stands for the body of the loops of rmap_walk_file() and rmap_walk_anon()
    """
    pvmw = local(page_vma_mapped_walk_control)
    if sd_look_in(pvmw, folio, vma):
        return try_to_unmap_one(pvmw, flags) and folio_mapped(folio)
    return True


@kernel
def try_to_unmap_one(pvmw: Ref[page_vma_mapped_walk_control], flags: ttu_flags) -> Bool:
    """Take the entries out that map the folio, and flush them now or later; tell whether it worked.

    Kernel: mm/rmap.c, v6.18, commit 354dffd29575
    Context: i_mmap_rwsem held; may sleep
    Deviates: no notifiers, no huge entries; no locked mappings; that the page has one owner only
        needs no mark; no mappings that are watched (userfaultfd), no pages of devices, and none
        that are broken; no entry comes back, its flush pending, because somebody has pinned its
        page
    """
    while page_vma_mapped_walk(pvmw):
        nr_pages = folio_unmap_pte_batch(pvmw)
        pteval = sd_clear_entries(pvmw, flags, nr_pages)
        if pteval.dirty:
            folio_mark_dirty(pvmw.folio)
        if CONFIG_SWAP and folio_test_anon(pvmw.folio):
            if not sd_replace_entries(pvmw, pteval, nr_pages):
                page_vma_mapped_walk_done(pvmw)
                return False
        sd_drop_mappings(pvmw.folio, nr_pages)
        if nr_pages == folio_nr_pages(pvmw.folio):
            page_vma_mapped_walk_done(pvmw)
            break
    return True


@kernel
def folio_unmap_pte_batch(pvmw: Ref[page_vma_mapped_walk_control]) -> folio_pages_t:
    """Return how many entries to take out together: those of a folio that may be dropped.

    They lie in one table and one mapping.

    Kernel: mm/rmap.c, v6.18, commit ddd05742b45b
    Context: ptl held
    Deviates: nothing
    """
    folio = pvmw.folio
    if FOLIO_PAGES == 1 or not folio_test_large(folio):
        return 1
    end_addr = pmd_addr_end(pvmw.address, pvmw.vma.vm_end)
    if not folio_test_anon(folio) or not folio.sd_lazyfree:
        return 1
    pte = ptep_get(pvmw.pte)
    is_write_equal = has(LAZYFREE_BATCH_WRITE)
    return folio_pte_batch_flags(folio, pvmw.pte, pte, end_addr - pvmw.address, is_write_equal)


@kernel
def sd_drop_mappings(folio: Ref[folio], nr_pages: folio_pages_t) -> None:
    """Count entries that map the folio no more, and give the references back that they had.

    Kernel: none
    Context: ptl held; the caller has a reference of his own
    Deviates: a part of try_to_unmap_one(); one entry at a time
    """
    folio_remove_rmap_ptes(folio)
    if FOLIO_PAGES > 1:
        for _ in range(1, nr_pages):
            folio_remove_rmap_ptes(folio)
            folio_put(folio)
    folio_put(folio)


@kernel
def sd_replace_entries(
    pvmw: Ref[page_vma_mapped_walk_control], pteval: pte_t, nr_pages: folio_pages_t
) -> Bool:
    """Note where a page of no file will be, or drop it if its owner does not need it.

    If such a page was stored to, its owner does need it: the entry comes back. Tell if it does not.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one(); counting an entry of a slot never fails
    """
    folio = pvmw.folio
    if folio.sd_lazyfree:
        if not sd_may_drop(folio):
            set_ptes(pvmw.pte, pteval, nr_pages)
            return False
        with atomic():
            page_discarded(pteval.pfn)
            if FOLIO_PAGES > 1:
                for i in range(1, nr_pages):
                    page_discarded(pteval.pfn + i)
        return True
    sd_note_slot(pvmw)
    return True


@kernel
def sd_may_drop(folio: Ref[folio]) -> Bool:
    """Tell whether a page may be dropped: nobody has stored to it, nor will by a reference.

    Who takes one without a lock looks at the entry again, which is gone. It is looked for first:
    who gives one back has said before that the page is dirty.

    Kernel: none
    Context: ptl held, and the entry taken out
    Deviates: a part of try_to_unmap_one(); the mark goes in another order than in the kernel
    """
    is_referenced = False
    if has(LAZYFREE_REFS):
        ref_count = folio._refcount
        is_referenced = ref_count != folio._mapcount + 2
    is_dirty = folio_test_dirty(folio)
    if is_dirty or (is_referenced and not has(LAZYFREE_BATCH)):
        folio.sd_lazyfree = False
    return not is_dirty and not is_referenced


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
def sd_clear_entries(
    pvmw: Ref[page_vma_mapped_walk_control], flags: ttu_flags, nr_pages: folio_pages_t
) -> pte_t:
    """Take entries out, and flush them now or later; return the first, dirty if any was.

    If one was clean, a CPU that still has it must look at the tables before it stores through it.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one()
    """
    vma = pvmw.vma
    pteval = get_and_clear_ptes(pvmw.pte, nr_pages)
    if should_defer_flush(vma.vm_mm, flags):
        set_tlb_ubc_flush_pending(vma.vm_mm, pteval)
    else:
        flush_tlb_range(vma, pvmw.address, pvmw.address + nr_pages)
    return pteval


@kernel
def folio_referenced(folio: Ref[folio]) -> referenced_t:
    """Return through how many mappings the folio was used since somebody last asked.

    Kernel: mm/rmap.c, v6.18 (with rmap_walk_file())
    Context: folio locked; may sleep
    Deviates: waits for the lock of the mappings, as before v5.19; no marks of idle pages; a process
        that exits counts as any other
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
        if sd_referenced_in(folio, mapping.i_mmap[i]):
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
        if sd_referenced_in(folio, anon_vma.rb_root[i]):
            referenced = referenced + 1
    anon_vma_unlock_read(anon_vma)
    return referenced


@kernel
def sd_referenced_in(folio: Ref[folio], vma: Ref[vm_area_struct]) -> Bool:
    """Tell whether a page was used through a mapping, if it is there.

    Kernel: none
    Context: the lock of the page's mappings held; may sleep
    Deviates: stands for the body of the loops of rmap_walk_file() and rmap_walk_anon()
    """
    pvmw = local(page_vma_mapped_walk_control)
    return sd_look_in(pvmw, folio, vma) and folio_referenced_one(pvmw)


@kernel
def folio_referenced_one(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Tell whether an entry that maps the folio was used, and forget that it was.

    Kernel: mm/rmap.c, v6.18 (with ptep_clear_flush_young(), which flushes nothing on x86)
    Context: i_mmap_rwsem held; may sleep
    Deviates: no notifiers, no huge entries; no locked mappings; before v3.16 the entry was flushed;
        no generations of pages (v6.1)
    """
    is_referenced = False
    while page_vma_mapped_walk(pvmw):
        if hw_test_and_clear_accessed(pvmw.pte):
            is_referenced = True
    return is_referenced
