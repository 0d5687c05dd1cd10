# SPDX-License-Identifier: GPL-2.0-only
"""The system calls mmap() and munmap(), and address spaces to call them in."""

from __future__ import annotations

from shootdown.hw.bounds import LEVELS, vaddr_t
from shootdown.hw.memory import table
from shootdown.lang import Ref, kernel, new, record, this_cpu
from shootdown.linux.bounds import pgoff_t
from shootdown.linux.include.linux.mm_types import (
    address_space,
    mm_struct,
    task_struct,
    vm_area_struct,
)
from shootdown.linux.include.linux.mmap_lock import mmap_write_lock, mmap_write_unlock
from shootdown.linux.mm.page_alloc import pagetable_alloc
from shootdown.linux.mm.vma import __vm_munmap, vma_link

__all__ = ["do_mmap", "mm_init", "sys_munmap"]


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
    vma.vm_file = file
    vma.vm_pgoff = pgoff
    vma_link(mm, vma)
    mmap_write_unlock(mm)


@kernel
def mm_init(mm: Ref[mm_struct]) -> None:
    """Give an address space its root.

    Kernel: kernel/fork.c, v6.18
    Context: may sleep
    Deviates: nothing
    """
    mm.pgd = record(table, pagetable_alloc(LEVELS))
