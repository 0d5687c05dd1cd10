# SPDX-License-Identifier: GPL-2.0-only
"""Mappings: how they are found, linked, copied for mremap(), and how munmap() ends them."""

from __future__ import annotations

from shootdown.hw.bounds import NR_VPN, vaddr_t
from shootdown.lang import NULL, Bool, Ref, has, kernel, local, new
from shootdown.linux.bounds import NR_VMAS
from shootdown.linux.features import MREMAP_FEW_RMAP_LOCKS, NO_LOCKBREAK
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.fs import i_mmap_lock_write, i_mmap_unlock_write
from shootdown.linux.include.linux.mm_types import address_space, mm_struct, vm_area_struct
from shootdown.linux.include.linux.mmap_lock import (
    mmap_read_unlock,
    mmap_write_downgrade,
    mmap_write_lock,
    mmap_write_unlock,
)
from shootdown.linux.include.linux.rmap import anon_vma_lock_write, anon_vma_unlock_write
from shootdown.linux.mm.internal import pagetable_move_control
from shootdown.linux.mm.memory import free_pgtables, unmap_vmas
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu
from shootdown.linux.mm.rmap_anon import anon_vma_clone

__all__ = [
    "__vm_munmap",
    "can_vma_merge_after",
    "copy_vma",
    "do_vmi_munmap",
    "find_vma",
    "sd_ceiling",
    "sd_detach_vma",
    "sd_floor",
    "unlink_file_vma",
    "vma_expand",
    "vma_interval_tree_insert",
    "vma_interval_tree_remove",
    "vma_link",
    "vma_merge_copied_range",
    "vms_clear_ptes",
    "vms_complete_munmap_vmas",
]


@kernel
def __vm_munmap(mm: Ref[mm_struct], start: vaddr_t, end: vaddr_t, unlock: Bool) -> None:
    """Take the mappings of a range away.

    Kernel: mm/vma.c, v6.18 (mm/mmap.c before v6.11)
    Context: may sleep
    Deviates: nothing
    """
    mmap_write_lock(mm)
    is_unlocked = do_vmi_munmap(mm, start, end, unlock)
    if not is_unlocked:
        mmap_write_unlock(mm)


@kernel
def do_vmi_munmap(mm: Ref[mm_struct], start: vaddr_t, end: vaddr_t, unlock: Bool) -> Bool:
    """Take the mapping of a range away; tell whether mmap_lock was released.

    Kernel: mm/vma.c, v6.18 (do_mas_munmap before v6.3)
    Context: mmap_lock held for writing; may sleep
    Deviates: the range is that of one mapping, which is not split; the lock of the mapping itself
    """
    vma = find_vma(mm, start)
    if vma is NULL or vma.vm_start != start or vma.vm_end != end:
        return False
    sd_detach_vma(vma)
    vms_complete_munmap_vmas(mm, vma, unlock)
    return unlock


@kernel
def vms_complete_munmap_vmas(mm: Ref[mm_struct], vma: Ref[vm_area_struct], unlock: Bool) -> None:
    """Zap and free what a mapping had that nobody can find any more.

    Kernel: mm/vma.c, v6.18 (do_mas_align_munmap in v6.1)
    Context: mmap_lock held for writing; may sleep
    Deviates: one mapping; accounting
    """
    if unlock:
        mmap_write_downgrade(mm)
    vms_clear_ptes(mm, vma)
    if unlock:
        mmap_read_unlock(mm)


@kernel
def vms_clear_ptes(mm: Ref[mm_struct], vma: Ref[vm_area_struct]) -> None:
    """Zap a mapping, free its tables, flush, and free its pages.

    Kernel: mm/vma.c, v6.18 (unmap_region in v6.1)
    Context: mmap_lock held, for reading is enough; may sleep
    Deviates: one mapping; the record of the mapping is not used again
    """
    tlb = local(mmu_gather)
    floor = sd_floor(mm, vma.vm_start)
    ceiling = sd_ceiling(mm, vma.vm_end)
    tlb_gather_mmu(tlb, mm)
    unmap_vmas(tlb, vma, vma.vm_start, vma.vm_end)
    free_pgtables(tlb, vma, floor, ceiling)
    tlb_finish_mmu(tlb)


@kernel
def sd_floor(mm: Ref[mm_struct], start: vaddr_t) -> vaddr_t:
    """Return where the mapping below `start` ends: tables below that are in use.

    Kernel: none
    Context: mmap_lock held
    Deviates: the kernel finds it while it collects the mappings to remove
    """
    floor: vaddr_t = 0
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL and floor < vma.vm_end <= start:
            floor = vma.vm_end
    return floor


@kernel
def sd_ceiling(mm: Ref[mm_struct], end: vaddr_t) -> vaddr_t:
    """Return where the mapping above `end` starts: tables above that are in use.

    Kernel: none
    Context: mmap_lock held
    Deviates: the kernel finds it while it collects the mappings to remove
    """
    ceiling: vaddr_t = NR_VPN
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL and end <= vma.vm_start < ceiling:
            ceiling = vma.vm_start
    return ceiling


@kernel
def find_vma(mm: Ref[mm_struct], addr: vaddr_t) -> Ref[vm_area_struct]:
    """Return the mapping that has the address, or NULL.

    Kernel: mm/mmap.c, v6.18 (vma_lookup)
    Context: mmap_lock held
    Deviates: a list and not a tree; the next mapping above is not wanted
    """
    found: Ref[vm_area_struct] = NULL
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL and vma.vm_start <= addr < vma.vm_end:
            found = vma
    return found


@kernel
def vma_link(mm: Ref[mm_struct], vma: Ref[vm_area_struct]) -> None:
    """Let faults, and reverse-map walks if it is of a file, find a mapping.

    Kernel: mm/vma.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: nothing
    """
    for i in range(NR_VMAS):
        if mm.mm_mt[i] is NULL:
            mm.mm_mt[i] = vma
            break
    if vma.vm_file is not NULL:
        i_mmap_lock_write(vma.vm_file)
        if not has(NO_LOCKBREAK):
            vma.vm_truncate_count = vma.vm_file.truncate_count
        vma_interval_tree_insert(vma, vma.vm_file)
        i_mmap_unlock_write(vma.vm_file)


@kernel
def sd_detach_vma(vma: Ref[vm_area_struct]) -> None:
    """Hide a mapping from faults.

    Kernel: none
    Context: mmap_lock held for writing
    Deviates: stands for vms_gather_munmap_vmas() and vma_iter_clear_gfp() (v6.12), for
        detach_vmas_to_be_unmapped() before v6.1
    """
    mm = vma.vm_mm
    for i in range(NR_VMAS):
        if mm.mm_mt[i] == vma:
            mm.mm_mt[i] = NULL


@kernel
def vma_interval_tree_insert(vma: Ref[vm_area_struct], mapping: Ref[address_space]) -> None:
    """Let reverse-map walks find a mapping, after those that begin at the same page of the file.

    Kernel: mm/interval_tree.c, v6.18
    Context: i_mmap_rwsem held for writing
    Deviates: a list and not a tree; before v3.7, a tree that keeps no such order
    """
    carried = vma
    for i in range(NR_VMAS):
        here = mapping.i_mmap[i]
        if carried is not NULL and (here is NULL or here.vm_pgoff > carried.vm_pgoff):
            mapping.i_mmap[i] = carried
            carried = here


@kernel
def vma_interval_tree_remove(vma: Ref[vm_area_struct], mapping: Ref[address_space]) -> None:
    """Hide a mapping from reverse-map walks.

    Kernel: mm/interval_tree.c, v6.18
    Context: i_mmap_rwsem held for writing
    Deviates: a list and not a tree
    """
    is_found = False
    for i in range(NR_VMAS):
        is_found = is_found or mapping.i_mmap[i] == vma
        if is_found:
            mapping.i_mmap[i] = mapping.i_mmap[i + 1] if i + 1 < NR_VMAS else NULL


@kernel
def unlink_file_vma(vma: Ref[vm_area_struct]) -> None:
    """Hide a mapping of a file from reverse-map walks.

    Kernel: mm/vma.c, v6.18 (unlink_file_vma_batch_process)
    Context: mmap_lock held; may sleep
    Deviates: one mapping at a time
    """
    mapping = vma.vm_file
    if mapping is not NULL:
        i_mmap_lock_write(mapping)
        vma_interval_tree_remove(vma, mapping)
        i_mmap_unlock_write(mapping)


@kernel
def copy_vma(
    vma: Ref[vm_area_struct], addr: vaddr_t, len: vaddr_t, pmc: Ref[pagetable_move_control]
) -> None:
    """Map at the address what the mapping maps, and tell which mapping does so.

    It is a new one, which reverse-map walks find after the old one, or an older one that grows.

    Kernel: mm/vma.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: the whole mapping; the caller's record is passed, and not a pointer into it
    """
    new_vma = vma_merge_copied_range(vma, addr, addr + len)
    if new_vma is not NULL:
        pmc.need_rmap_locks = new_vma.vm_pgoff <= vma.vm_pgoff
    else:
        new_vma = new(vm_area_struct)
        new_vma.vm_mm = vma.vm_mm
        new_vma.vm_start = addr
        new_vma.vm_end = addr + len
        new_vma.vm_flags = vma.vm_flags
        new_vma.vm_file = vma.vm_file
        new_vma.vm_pgoff = vma.vm_pgoff
        anon_vma_clone(new_vma, vma)
        vma_link(vma.vm_mm, new_vma)
    if not has(MREMAP_FEW_RMAP_LOCKS):
        pmc.need_rmap_locks = True
    pmc.new = new_vma


@kernel
def vma_merge_copied_range(
    vma: Ref[vm_area_struct], start: vaddr_t, end: vaddr_t
) -> Ref[vm_area_struct]:
    """Let the mapping that ends at `start` grow if it goes on with the same; tell which it is.

    Kernel: mm/vma.c, v6.18 (vma_merge of mm/mmap.c before v6.10)
    Context: mmap_lock held for writing; may sleep
    Deviates: mappings do not grow downwards
    """
    mm = vma.vm_mm
    merged: Ref[vm_area_struct] = NULL
    for i in range(NR_VMAS):
        found = mm.mm_mt[i]
        if found is not NULL and found.vm_end == start and can_vma_merge_after(found, vma):
            merged = found
    if merged is not NULL:
        vma_expand(merged, end)
    return merged


@kernel
def can_vma_merge_after(vma: Ref[vm_area_struct], next: Ref[vm_area_struct]) -> Bool:
    """Tell whether a mapping maps what would come next in another.

    Kernel: mm/vma.c, v6.18
    Context: mmap_lock held for writing
    Deviates: an anon_vma is that of the other, and not none
    """
    if vma.vm_file != next.vm_file or vma.anon_vma != next.anon_vma:
        return False
    pgoff = vma.vm_pgoff + (vma.vm_end - vma.vm_start)
    return pgoff == next.vm_pgoff and vma.vm_flags == next.vm_flags


@kernel
def vma_expand(vma: Ref[vm_area_struct], end: vaddr_t) -> None:
    """Let a mapping grow.

    Kernel: mm/vma.c, v6.18 (vma_adjust of mm/mmap.c before v6.1)
    Context: mmap_lock held for writing; may sleep
    Deviates: upwards only, so its place in the order of reverse-map walks stays
    """
    if vma.vm_file is not NULL:
        i_mmap_lock_write(vma.vm_file)
    if vma.anon_vma is not NULL:
        anon_vma_lock_write(vma.anon_vma)
    vma.vm_end = end
    if vma.anon_vma is not NULL:
        anon_vma_unlock_write(vma.anon_vma)
    if vma.vm_file is not NULL:
        i_mmap_unlock_write(vma.vm_file)
