# SPDX-License-Identifier: GPL-2.0-only
"""Changes of several entries of a table, and what a pmd entry is for who looks without its lock.

Whoever holds mmap_lock for reading keeps page tables as they are. An entry that has none may get
one, or a huge page, which may go again at any time: it takes one look to tell.
"""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, FOLIO_PAGES, LEVELS, folio_pages_t
from shootdown.hw.memory import hw_read_entry, hw_write_entry
from shootdown.lang import Bool, Ptr, has, kernel, replace
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pmd_none,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pte_t,
    ptep_get_and_clear,
    set_pte_at,
)
from shootdown.linux.features import PMD_TRANS_HUGE_OR_BAD

__all__ = [
    "get_and_clear_ptes",
    "pmd_clear_bad",
    "pmd_none_or_clear_bad",
    "pmd_none_or_trans_huge_or_clear_bad",
    "pmd_trans_unstable",
    "set_ptes",
]


@kernel
def pmd_none_or_clear_bad(pmd: Ptr[pmd_t]) -> Bool:
    """Tell whether the pmd entry has no table below; what has none, and is not empty, is bad.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: only one that maps a huge page is bad
    """
    if CONFIG_TRANSPARENT_HUGEPAGE:
        entry = pmdp_get(pmd)
        if pmd_trans_huge(entry):
            pmd_clear_bad(pmd)
        return pmd_none(entry) or pmd_trans_huge(entry)
    if LEVELS >= 2:
        return not hw_read_entry(pmd).present
    return False


@kernel
def pmd_clear_bad(pmd: Ptr[pmd_t]) -> None:
    """Clear an entry that is neither none nor that of a page table.

    Kernel: mm/pgtable-generic.c, v6.18 (mm/memory.c before v2.6.39)
    Context: any
    Deviates: says nothing in the log
    """
    hw_write_entry(pmd, pmd_t())


@kernel
def pmd_none_or_trans_huge_or_clear_bad(pmd: Ptr[pmd_t]) -> Bool:
    """Tell whether the pmd entry has no table below; a fault may have mapped a huge page there.

    Kernel: include/linux/pgtable.h, v6.4, commit 1a5a9906d4e8 (pte_offset_map_lock() tells later)
    Context: mmap_lock held
    Deviates: no entry is bad
    """
    if CONFIG_TRANSPARENT_HUGEPAGE and has(PMD_TRANS_HUGE_OR_BAD):
        entry = pmdp_get(pmd)
        return pmd_none(entry) or pmd_trans_huge(entry)
    return pmd_none_or_clear_bad(pmd)


@kernel
def pmd_trans_unstable(pmd: Ptr[pmd_t]) -> Bool:
    """Tell whether the pmd entry has no table below, which may change at any time.

    Kernel: include/linux/pgtable.h, v6.4, commit 1a5a9906d4e8 (pte_offset_map_lock() tells later)
    Context: mmap_lock held
    Deviates: nothing
    """
    return CONFIG_TRANSPARENT_HUGEPAGE and pmd_none_or_trans_huge_or_clear_bad(pmd)


@kernel
def get_and_clear_ptes(ptep: Ptr[pte_t], nr: folio_pages_t) -> pte_t:
    """Take entries out; return the first, with the bits that CPUs have set in any of them.

    Kernel: include/linux/pgtable.h, v6.18 (get_and_clear_full_ptes before v6.17)
    Context: ptl held
    Deviates: nothing
    """
    pte = ptep_get_and_clear(ptep)
    if FOLIO_PAGES > 1:
        for i in range(1, nr):
            other = ptep_get_and_clear(ptep + i)
            pte = replace(
                pte, dirty=pte.dirty or other.dirty, accessed=pte.accessed or other.accessed
            )
    return pte


@kernel
def set_ptes(ptep: Ptr[pte_t], pte: pte_t, nr: folio_pages_t) -> None:
    """Store entries that map pages in a row, the first of which is given, all with its bits.

    Kernel: include/linux/pgtable.h, v6.18
    Context: ptl held
    Deviates: nothing
    """
    set_pte_at(ptep, pte)
    if FOLIO_PAGES > 1:
        for i in range(1, nr):
            set_pte_at(ptep + i, replace(pte, pfn=pte.pfn + i))
