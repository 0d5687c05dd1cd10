# SPDX-License-Identifier: GPL-2.0-only
"""What files of mm/ share with nobody else."""

from __future__ import annotations

from shootdown.hw.bounds import folio_pages_t, vaddr_t
from shootdown.lang import Bool, Ptr, Ref, index, kernel, replace, struct
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t, ptep_get
from shootdown.linux.include.linux.mm import folio_nr_pages
from shootdown.linux.include.linux.mm_types import folio, vm_area_struct

__all__ = ["folio_pte_batch_flags", "pagetable_move_control"]


@struct
class pagetable_move_control:
    """A move of pages to other addresses, and how far it has got (arguments before v6.15)."""

    old: Ref[vm_area_struct]
    new: Ref[vm_area_struct]
    old_addr: vaddr_t
    old_end: vaddr_t
    new_addr: vaddr_t
    need_rmap_locks: Bool
    """Walks over the page's mappings might come to the new one first."""


@kernel
def folio_pte_batch_flags(
    folio: Ref[folio], ptep: Ptr[pte_t], pte: pte_t, max_nr: vaddr_t, is_write_equal: Bool
) -> folio_pages_t:
    """Return how many entries in a row, `pte` the first, map pages in a row of a large folio.

    Kernel: mm/internal.h, v6.18 (folio_pte_batch before v6.17)
    Context: ptl held
    Deviates: of the flags, FPB_RESPECT_WRITE; entries differ in the bits that CPUs set, and in
        whether they allow stores, and in nothing else
    """
    left = index(folio) + folio_nr_pages(folio) - pte.pfn
    nr: folio_pages_t = 1
    while nr < max_nr and nr < left:
        other = ptep_get(ptep + nr)
        if is_write_equal and other.write != pte.write:
            break
        if sd_batch_clear_ignored(other) != sd_batch_clear_ignored(replace(pte, pfn=pte.pfn + nr)):
            break
        nr = nr + 1
    return nr


@kernel
def sd_batch_clear_ignored(pte: pte_t) -> pte_t:
    """Return an entry without the bits in which those of a batch may differ.

    Kernel: none
    Context: any
    Deviates: stands for __pte_batch_clear_ignored()
    """
    return replace(pte, write=False, dirty=False, accessed=False)
