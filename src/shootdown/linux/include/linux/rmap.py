# SPDX-License-Identifier: GPL-2.0-only
"""What a walk over the mappings of a page keeps in mind."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import vaddr_t
from shootdown.hw.memory import entry_t
from shootdown.lang import NULL, Ptr, Ref, kernel, struct, upto
from shootdown.linux.arch.x86.include.asm.pgtable import pte_unmap_unlock
from shootdown.linux.include.linux.mm_types import folio, vm_area_struct
from shootdown.linux.include.linux.spinlock import spinlock_t

__all__ = [
    "PVMW_SYNC",
    "TTU_BATCH_FLUSH",
    "page_vma_mapped_walk_control",
    "page_vma_mapped_walk_done",
    "pvmw_flags",
    "ttu_flags",
]

PVMW_SYNC = 1
"""Lock the table before its entry is looked at."""

pvmw_flags = Annotated[int, upto(1)]
"""How to walk: PVMW_SYNC or nothing."""

TTU_BATCH_FLUSH = 1
"""The caller flushes."""

ttu_flags = Annotated[int, upto(1)]
"""How to unmap: TTU_BATCH_FLUSH or nothing."""


@struct
class page_vma_mapped_walk_control:
    """The kernel's struct page_vma_mapped_walk, whose name a function has, too."""

    folio: Ref[folio]
    vma: Ref[vm_area_struct]
    address: vaddr_t
    flags: pvmw_flags
    pte: Ptr[entry_t]
    ptl: Ref[spinlock_t]


@kernel
def page_vma_mapped_walk_done(pvmw: Ref[page_vma_mapped_walk_control]) -> None:
    """End a walk: unlock the table that it stopped in.

    Kernel: include/linux/rmap.h, v6.18
    Context: pvmw.ptl held, if there is one
    Deviates: nothing
    """
    if pvmw.ptl is not NULL:
        pte_unmap_unlock(pvmw.ptl)
    pvmw.pte = NULL
    pvmw.ptl = NULL
