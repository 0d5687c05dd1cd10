# SPDX-License-Identifier: GPL-2.0-only
"""What a walk over the mappings of a page keeps in mind, and the lock of an anon_vma."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import vaddr_t
from shootdown.hw.memory import entry_t
from shootdown.lang import NULL, Ptr, Ref, has, kernel, struct, upto
from shootdown.linux.arch.x86.include.asm.pgtable import pte_unmap_unlock
from shootdown.linux.features import ANON_VMA_SHARED
from shootdown.linux.include.linux.mm_types import anon_vma, folio, vm_area_struct
from shootdown.linux.include.linux.rwsem import down_read, down_write, up_read, up_write
from shootdown.linux.include.linux.spinlock import spinlock_t

__all__ = [
    "PVMW_SYNC",
    "TTU_BATCH_FLUSH",
    "anon_vma_lock_read",
    "anon_vma_lock_write",
    "anon_vma_unlock_read",
    "anon_vma_unlock_write",
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


@kernel
def anon_vma_lock_write(anon_vma: Ref[anon_vma]) -> None:
    """Begin to change the mappings of an anon_vma.

    Kernel: include/linux/rmap.h, v6.18 (anon_vma_lock before v3.8)
    Context: may sleep
    Deviates: it has no parent, whose lock would be taken
    """
    down_write(anon_vma.rwsem)


@kernel
def anon_vma_unlock_write(anon_vma: Ref[anon_vma]) -> None:
    """Show the changed mappings of an anon_vma.

    Kernel: include/linux/rmap.h, v6.18
    Context: rwsem held for writing
    Deviates: nothing
    """
    up_write(anon_vma.rwsem)


@kernel
def anon_vma_lock_read(anon_vma: Ref[anon_vma]) -> None:
    """Keep the mappings of an anon_vma as they are.

    Kernel: include/linux/rmap.h, v6.18
    Context: may sleep
    Deviates: as anon_vma_lock_write()
    """
    if has(ANON_VMA_SHARED):
        down_read(anon_vma.rwsem)
    else:
        anon_vma_lock_write(anon_vma)


@kernel
def anon_vma_unlock_read(anon_vma: Ref[anon_vma]) -> None:
    """Let the mappings of an anon_vma change again.

    Kernel: include/linux/rmap.h, v6.18
    Context: rwsem held for reading
    Deviates: nothing
    """
    if has(ANON_VMA_SHARED):
        up_read(anon_vma.rwsem)
    else:
        anon_vma_unlock_write(anon_vma)
