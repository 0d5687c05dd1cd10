# SPDX-License-Identifier: GPL-2.0-only
"""The reverse map of memory of no file, the other half of mm/rmap.c.

A page refers to an anon_vma, which knows the mappings that may have it.
"""

from __future__ import annotations

from shootdown.hw.bounds import ANON_SHARED, vaddr_t
from shootdown.lang import NULL, Ref, atomic, index, kernel, record
from shootdown.linux.bounds import NR_VMAS, pgoff_t
from shootdown.linux.include.linux.mm_types import anon_vma, folio, vm_area_struct
from shootdown.linux.include.linux.rmap import (
    anon_vma_lock_read,
    anon_vma_lock_write,
    anon_vma_unlock_read,
    anon_vma_unlock_write,
)
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.rmap import folio_add_rmap_pte, folio_mapped

__all__ = [
    "__anon_vma_prepare",
    "anon_vma_clone",
    "anon_vma_interval_tree_insert",
    "anon_vma_interval_tree_remove",
    "anon_vma_prepare",
    "folio_add_anon_rmap_pte",
    "folio_lock_anon_vma_read",
    "linear_page_index",
    "unlink_anon_vmas",
]


@kernel
def anon_vma_prepare(vma: Ref[vm_area_struct]) -> None:
    """Make sure that the mapping has an anon_vma.

    Kernel: include/linux/rmap.h, v6.18 (vmf_anon_prepare)
    Context: mmap_lock held; may sleep
    Deviates: nothing
    """
    if vma.anon_vma is NULL:
        __anon_vma_prepare(vma)


@kernel
def __anon_vma_prepare(vma: Ref[vm_area_struct]) -> None:
    """Give the mapping an anon_vma, unless another thread does.

    Kernel: mm/rmap.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: each mapping has its own, and never that of a neighbour; it comes with the mapping
    """
    allocated = record(anon_vma, index(vma))
    anon_vma_lock_write(allocated)
    spin_lock(vma.vm_mm.page_table_lock)
    if vma.anon_vma is NULL:
        vma.anon_vma = allocated
        anon_vma_interval_tree_insert(vma, allocated)
    spin_unlock(vma.vm_mm.page_table_lock)
    anon_vma_unlock_write(allocated)


@kernel
def anon_vma_clone(dst: Ref[vm_area_struct], src: Ref[vm_area_struct]) -> None:
    """Let the walks over the mappings of a mapping's pages find another one, too, after it.

    Kernel: mm/rmap.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: a mapping has one anon_vma
    """
    anon_vma = src.anon_vma
    if anon_vma is not NULL:
        dst.anon_vma = anon_vma
        anon_vma_lock_write(anon_vma)
        anon_vma_interval_tree_insert(dst, anon_vma)
        anon_vma_unlock_write(anon_vma)


@kernel
def anon_vma_interval_tree_insert(vma: Ref[vm_area_struct], anon_vma: Ref[anon_vma]) -> None:
    """Let reverse-map walks find a mapping, after those that begin at the same place.

    Kernel: mm/interval_tree.c, v6.18 (anon_vma_chain_link before v3.7)
    Context: lock of the anon_vma held for writing
    Deviates: a list and not a tree; before v3.7, a list that is in the order of insertion
    """
    inserted = vma
    for i in range(NR_VMAS):
        other = anon_vma.rb_root[i]
        if inserted is not NULL and (other is NULL or other.vm_pgoff > inserted.vm_pgoff):
            anon_vma.rb_root[i] = inserted
            inserted = other


@kernel
def anon_vma_interval_tree_remove(vma: Ref[vm_area_struct], anon_vma: Ref[anon_vma]) -> None:
    """Hide a mapping from reverse-map walks.

    Kernel: mm/interval_tree.c, v6.18
    Context: lock of the anon_vma held for writing
    Deviates: a list and not a tree
    """
    is_past = False
    for i in range(NR_VMAS):
        is_past = is_past or anon_vma.rb_root[i] == vma
        if is_past:
            anon_vma.rb_root[i] = anon_vma.rb_root[i + 1] if i + 1 < NR_VMAS else NULL


@kernel
def unlink_anon_vmas(vma: Ref[vm_area_struct]) -> None:
    """Hide a mapping from the reverse-map walks of its pages.

    Kernel: mm/rmap.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: the anon_vma is not used again
    """
    anon_vma = vma.anon_vma
    if anon_vma is not NULL:
        anon_vma_lock_write(anon_vma)
        anon_vma_interval_tree_remove(vma, anon_vma)
        anon_vma_unlock_write(anon_vma)


@kernel
def linear_page_index(vma: Ref[vm_area_struct], address: vaddr_t) -> pgoff_t:
    """Return the place that an address has in its mapping, counted from the mapping's first.

    Kernel: include/linux/pagemap.h, v6.18
    Context: the mapping stays
    Deviates: nothing
    """
    pgoff: pgoff_t = address - vma.vm_start + vma.vm_pgoff
    return pgoff


@kernel
def folio_add_anon_rmap_pte(folio: Ref[folio], vma: Ref[vm_area_struct], address: vaddr_t) -> None:
    """Count an entry that is about to map the folio, and note where it is.

    Kernel: mm/rmap.c, v6.18 (folio_add_new_anon_rmap, folio_add_anon_rmap_ptes)
    Context: ptl held
    Deviates: statistics; three steps in one, before anybody finds the folio; always exclusive
    """
    pgoff = linear_page_index(vma, address)
    anon_vma = vma.anon_vma
    with atomic():
        if ANON_SHARED:
            folio.PG_anon_exclusive = True
        folio.anon_vma = anon_vma
        folio.index = pgoff
        folio_add_rmap_pte(folio)


@kernel
def folio_lock_anon_vma_read(folio: Ref[folio]) -> Ref[anon_vma]:
    """Keep the mappings of a folio as they are; return where they are, or NULL if it is unmapped.

    Kernel: mm/rmap.c, v6.18 (page_lock_anon_vma before v3.8)
    Context: may sleep
    Deviates: RCU keeps the anon_vma, and so the model does; the lock is waited for where the kernel
        first tries, and looks at the folio once more
    """
    none: Ref[anon_vma] = NULL
    if not folio_mapped(folio):
        return none
    found = folio.anon_vma
    anon_vma_lock_read(found)
    if folio_mapped(folio):
        return found
    anon_vma_unlock_read(found)
    return none
