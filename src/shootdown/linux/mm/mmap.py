# SPDX-License-Identifier: GPL-2.0-only
"""The system calls mmap() and munmap(), and address spaces to call them in."""

from __future__ import annotations

from shootdown.hw.bounds import LEVELS, NR_VPN, vaddr_t
from shootdown.hw.events import permission_begun, permission_done
from shootdown.hw.memory import table
from shootdown.lang import NULL, Bool, Ref, atomic, index, kernel, local, new, record, this_cpu
from shootdown.linux.bounds import NR_VMAS, pgoff_t
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import (
    VM_READ,
    VM_WRITE,
    address_space,
    mm_struct,
    task_struct,
    vm_area_struct,
)
from shootdown.linux.include.linux.mmap_lock import (
    mmap_read_lock,
    mmap_read_unlock,
    mmap_write_lock,
    mmap_write_unlock,
)
from shootdown.linux.mm.memory import free_pgtables, unmap_vmas
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu_fullmm
from shootdown.linux.mm.page_alloc import pagetable_alloc
from shootdown.linux.mm.vma import __vm_munmap, sd_ceiling, vma_link

__all__ = ["do_mmap", "exit_mmap", "mm_init", "sd_free_all_pgtables", "sd_is_empty", "sys_munmap"]


@kernel
def sys_munmap(addr: vaddr_t, len: vaddr_t) -> None:
    """Unmap the mapping of a range of the running task's address space.

    Kernel: mm/mmap.c, v6.18
    Context: user context, may sleep
    Deviates: nothing
    """
    __vm_munmap(record(task_struct, this_cpu()).mm, addr, addr + len, True)


@kernel
def do_mmap(file: Ref[address_space], addr: vaddr_t, len: vaddr_t, pgoff: pgoff_t) -> None:
    """Map a part of a file, shared and writable; without a file, fresh memory.

    Kernel: mm/mmap.c, v6.18
    Context: user context, may sleep
    Deviates: takes mmap_lock itself; the address is free; entries begin read-only, since the
        file's dirty pages are accounted (vma_wants_writenotify)
    """
    mm = record(task_struct, this_cpu()).mm
    mmap_write_lock(mm)
    vma = new(vm_area_struct)
    vma.vm_mm = mm
    vma.vm_start = addr
    vma.vm_end = addr + len
    vma.vm_flags = VM_READ | VM_WRITE
    vma.vm_file = file
    vma.vm_pgoff = pgoff
    vma_link(mm, vma)
    with atomic():
        permission_begun(index(mm.pgd), addr, addr + len, True, True)
        permission_done(index(mm.pgd), addr, addr + len, True, True)
    mmap_write_unlock(mm)


@kernel
def mm_init(mm: Ref[mm_struct]) -> None:
    """Give an address space its root, and its first thread.

    Kernel: kernel/fork.c, v6.18
    Context: may sleep
    Deviates: nothing
    """
    mm.mm_users = 1
    mm.mm_count = 1
    mm.pgd = record(table, pagetable_alloc(LEVELS))


@kernel
def exit_mmap(mm: Ref[mm_struct]) -> None:
    """Take everything out of an address space that has no threads any more.

    Kernel: mm/mmap.c, v6.18
    Context: no thread uses the address space; may sleep
    Deviates: the records of the mappings are not used again
    """
    tlb = local(mmu_gather)
    mmap_read_lock(mm)
    if sd_is_empty(mm):
        mmap_read_unlock(mm)
        return
    tlb_gather_mmu_fullmm(tlb, mm)
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL:
            unmap_vmas(tlb, vma, 0, NR_VPN)
    mmap_read_unlock(mm)
    mmap_write_lock(mm)
    sd_free_all_pgtables(tlb, mm)
    tlb_finish_mmu(tlb)
    mmap_write_unlock(mm)


@kernel
def sd_is_empty(mm: Ref[mm_struct]) -> Bool:
    """Tell whether an address space has no mapping.

    Kernel: none
    Context: mmap_lock held
    Deviates: stands for the search for the first mapping
    """
    for i in range(NR_VMAS):
        if mm.mm_mt[i] is not NULL:
            return False
    return True


@kernel
def sd_free_all_pgtables(tlb: Ref[mmu_gather], mm: Ref[mm_struct]) -> None:
    """Free all page tables of an address space but its root.

    Kernel: none
    Context: mmap_lock held for writing
    Deviates: stands for one call of free_pgtables() over all mappings; the address space has none
        afterwards, whose tree goes later in the kernel
    """
    for i in range(NR_VMAS):
        vma = mm.mm_mt[i]
        if vma is not NULL:
            free_pgtables(tlb, vma, 0, sd_ceiling(mm, vma.vm_end))
            mm.mm_mt[i] = NULL
