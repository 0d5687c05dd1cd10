# SPDX-License-Identifier: GPL-2.0-only
"""munmap() from v4.20 to v6.11: as since then, by other functions."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Bool, Ref, kernel
from shootdown.linux.features import VMA_MUNMAP_STRUCT
from shootdown.linux.history.mm.mmap_munmap_downgrade import unmap_region
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_unlock, mmap_write_downgrade
from shootdown.linux.mm.vma import find_vma, sd_detach_vma

__all__ = ["do_vmi_munmap"]


@kernel(before=VMA_MUNMAP_STRUCT)
def do_vmi_munmap(mm: Ref[mm_struct], start: vaddr_t, end: vaddr_t, unlock: Bool) -> Bool:
    """Take the mapping of a range away; tell whether mmap_lock was released.

    Kernel: mm/mmap.c, v6.3 (do_mas_munmap before, where the caller unlocks)
    Context: mmap_lock held for writing; may sleep
    Deviates: the range is that of one mapping, which is not split; the lock of the mapping itself
    """
    vma = find_vma(mm, start)
    if vma is NULL or vma.vm_start != start or vma.vm_end != end:
        return False
    sd_detach_vma(vma)
    if unlock:
        mmap_write_downgrade(mm)
    unmap_region(mm, vma, start, end)
    if unlock:
        mmap_read_unlock(mm)
    return unlock
