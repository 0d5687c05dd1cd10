# SPDX-License-Identifier: GPL-2.0-only
"""Truncation before 97a894136f29 (v3.0): it leaves the file's mappings, and comes back to them.

Their lock spins, and whoever holds it for long is asked to let others have it. A mapping that is
done is marked with the number of the walk, and one that is not with the address to go on from.
"""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Bool, Ref, kernel, local
from shootdown.linux.bounds import (
    MAX_TRUNCATE_COUNT,
    NR_VMAS,
    file_size_t,
    truncate_count_t,
    vma_nr,
)
from shootdown.linux.features import NO_LOCKBREAK
from shootdown.linux.history.mm.memory_no_lockbreak import sd_need_break, sd_unmap_vmas
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.fs import i_mmap_lock_read, i_mmap_unlock_read
from shootdown.linux.include.linux.mm_types import address_space, vm_area_struct
from shootdown.linux.include.linux.rwsem import mutex_lock, mutex_unlock
from shootdown.linux.include.linux.sched import cond_resched
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu

__all__ = [
    "reset_vma_truncate_counts",
    "sd_next_truncate_count",
    "sd_unmap_mapping_vma",
    "unmap_mapping_pages",
    "unmap_mapping_range_tree",
    "unmap_mapping_range_vma",
    "zap_page_range",
]


@kernel(before=NO_LOCKBREAK)
def unmap_mapping_pages(mapping: Ref[address_space], first: file_size_t, last: file_size_t) -> None:
    """Take pages of a file out of its mappings, up to `last`.

    Kernel: mm/memory.c, v2.6.39 (unmap_mapping_range)
    Context: may sleep
    Deviates: no mappings that are not linear
    """
    mutex_lock(mapping.unmap_mutex)
    i_mmap_lock_read(mapping)
    truncate_count = sd_next_truncate_count(mapping)
    unmap_mapping_range_tree(mapping, first, last, truncate_count)
    i_mmap_unlock_read(mapping)
    mutex_unlock(mapping.unmap_mutex)


@kernel
def sd_next_truncate_count(mapping: Ref[address_space]) -> truncate_count_t:
    """Number a walk over the mappings of a file.

    Kernel: none
    Context: i_mmap_lock held
    Deviates: stands in unmap_mapping_range(); the count begins anew after MAX_TRUNCATE_COUNT, and
        leaps over no addresses, which are greater
    """
    if mapping.truncate_count == MAX_TRUNCATE_COUNT:
        reset_vma_truncate_counts(mapping)
        mapping.truncate_count = 1
    else:
        mapping.truncate_count = mapping.truncate_count + 1
    return mapping.truncate_count


@kernel
def reset_vma_truncate_counts(mapping: Ref[address_space]) -> None:
    """Take the marks of former walks off the mappings of a file.

    Kernel: mm/memory.c, v2.6.39
    Context: i_mmap_lock held
    Deviates: nothing
    """
    for i in range(NR_VMAS):
        vma = mapping.i_mmap[i]
        if vma is not NULL:
            vma.vm_truncate_count = 0


@kernel
def unmap_mapping_range_tree(
    mapping: Ref[address_space],
    first: file_size_t,
    last: file_size_t,
    truncate_count: truncate_count_t,
) -> None:
    """Zap what the mappings have of a range of their file; after a break, look at all again.

    Kernel: mm/memory.c, v2.6.39
    Context: i_mmap_lock held, which may be dropped for a while
    Deviates: a list and not a tree
    """
    i: vma_nr = 0
    while i < NR_VMAS:
        vma = mapping.i_mmap[i]
        i = i + 1
        if vma is not NULL and vma.vm_truncate_count != truncate_count:
            if sd_unmap_mapping_vma(vma, first, last, truncate_count):
                i = 0


@kernel
def sd_unmap_mapping_vma(
    vma: Ref[vm_area_struct],
    first: file_size_t,
    last: file_size_t,
    truncate_count: truncate_count_t,
) -> Bool:
    """Zap what a mapping has of a range of its file; tell whether there was a break.

    Kernel: none
    Context: i_mmap_lock held, which may be dropped for a while
    Deviates: stands in unmap_mapping_range_tree()
    """
    vba = vma.vm_pgoff
    vea = vba + (vma.vm_end - vma.vm_start)
    zba = first if first > vba else vba
    zea = last if last < vea else vea
    if zba >= zea:
        return False
    start = vma.vm_start + (zba - vba)
    return unmap_mapping_range_vma(vma, start, start + (zea - zba), truncate_count)


@kernel(before=NO_LOCKBREAK)
def unmap_mapping_range_vma(
    vma: Ref[vm_area_struct],
    start_addr: vaddr_t,
    end_addr: vaddr_t,
    truncate_count: truncate_count_t,
) -> Bool:
    """Zap a range of a mapping, from where it was left; tell whether there was a break.

    Kernel: mm/memory.c, v2.6.39
    Context: i_mmap_lock held, which may be dropped for a while
    Deviates: an address is a mark greater than MAX_TRUNCATE_COUNT, and not one that is page-aligned
    """
    is_done = False
    while not is_done:
        mark = vma.vm_truncate_count
        if mark > MAX_TRUNCATE_COUNT and start_addr < mark - MAX_TRUNCATE_COUNT:
            start_addr = mark - MAX_TRUNCATE_COUNT
            if start_addr >= end_addr:
                vma.vm_truncate_count = truncate_count
                return False
        restart_addr = zap_page_range(vma, start_addr, end_addr - start_addr)
        need_break = sd_need_break()
        is_done = restart_addr >= end_addr
        vma.vm_truncate_count = truncate_count if is_done else MAX_TRUNCATE_COUNT + restart_addr
        if need_break:
            i_mmap_unlock_read(vma.vm_file)
            cond_resched()
            i_mmap_lock_read(vma.vm_file)
            return True
    return False


@kernel
def zap_page_range(vma: Ref[vm_area_struct], address: vaddr_t, size: vaddr_t) -> vaddr_t:
    """Zap a range of a mapping, or a part of it; return where it ends.

    Kernel: mm/memory.c, v2.6.39, and commit d16dfc550f53
    Context: i_mmap_lock held
    Deviates: for truncation only; no notifiers
    """
    tlb = local(mmu_gather)
    tlb_gather_mmu(tlb, vma.vm_mm)
    end = sd_unmap_vmas(tlb, vma, address, address + size, True)
    if tlb.mm is not NULL:
        tlb_finish_mmu(tlb)
    return end
