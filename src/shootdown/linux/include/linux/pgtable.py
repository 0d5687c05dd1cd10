# SPDX-License-Identifier: GPL-2.0-only
"""Changes of several entries of a table, which architectures share."""

from __future__ import annotations

from shootdown.hw.bounds import FOLIO_PAGES, folio_pages_t
from shootdown.lang import Ptr, kernel, replace
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t, ptep_get_and_clear, set_pte_at

__all__ = ["get_and_clear_ptes", "set_ptes"]


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
