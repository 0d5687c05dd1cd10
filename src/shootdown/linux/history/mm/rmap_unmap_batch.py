# SPDX-License-Identifier: GPL-2.0-only
"""Unmapping for reclaim before v4.3: a flush a page."""

from __future__ import annotations

from shootdown.hw.bounds import folio_pages_t
from shootdown.lang import Ref, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t
from shootdown.linux.features import UNMAP_BATCH
from shootdown.linux.include.linux.rmap import page_vma_mapped_walk_control, ttu_flags
from shootdown.linux.mm.pgtable_generic import ptep_clear_flush

__all__ = ["sd_clear_entries"]


@kernel(before=UNMAP_BATCH)
def sd_clear_entries(
    pvmw: Ref[page_vma_mapped_walk_control], flags: ttu_flags, nr_pages: folio_pages_t
) -> pte_t:
    """Take an entry out and flush it.

    Kernel: none
    Context: ptl held
    Deviates: a part of try_to_unmap_one()
    """
    return ptep_clear_flush(pvmw.vma, pvmw.address, pvmw.pte)
