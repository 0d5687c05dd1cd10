# SPDX-License-Identifier: GPL-2.0-only
"""The system call madvise(), of which only MADV_DONTNEED is here."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.hw.events import withdrawal_begun, withdrawal_done
from shootdown.lang import NULL, Ref, atomic, index, kernel, record, this_cpu
from shootdown.linux.include.linux.mm_types import mm_struct, task_struct, vm_area_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.mm.memory_zap import zap_page_range_single
from shootdown.linux.mm.vma import find_vma

__all__ = ["do_madvise", "madvise_dontneed_single_vma", "sys_madvise"]


@kernel
def sys_madvise(start: vaddr_t, len_in: vaddr_t) -> None:
    """Give back what is in a range of the running task's address space; the mapping stays.

    Kernel: mm/madvise.c, v6.18
    Context: user context, may sleep
    Deviates: the advice is MADV_DONTNEED
    """
    mm = record(task_struct, this_cpu()).mm
    with atomic():
        withdrawal_begun(index(mm.pgd), start, start + len_in)
    do_madvise(mm, start, len_in)
    with atomic():
        withdrawal_done(index(mm.pgd), start, start + len_in)


@kernel
def do_madvise(mm: Ref[mm_struct], start: vaddr_t, len_in: vaddr_t) -> None:
    """Give back what is in a range of an address space.

    Kernel: mm/madvise.c, v6.18
    Context: may sleep
    Deviates: the range lies in one mapping; its own lock is not tried first (v6.17), which only
        lets more calls run side by side that this one excludes no more than those of its kind; the
        gather is the callee's, as before v6.16
    """
    mmap_read_lock(mm)
    vma = find_vma(mm, start)
    if vma is not NULL:
        madvise_dontneed_single_vma(vma, start, len_in)
    mmap_read_unlock(mm)


@kernel
def madvise_dontneed_single_vma(vma: Ref[vm_area_struct], start: vaddr_t, len_in: vaddr_t) -> None:
    """Zap a range of a mapping.

    Kernel: mm/madvise.c, v6.18 (madvise_dontneed before v4.13)
    Context: mmap_lock held; may sleep
    Deviates: no reclaim of empty tables (CONFIG_PT_RECLAIM)
    """
    zap_page_range_single(vma, start, len_in)
