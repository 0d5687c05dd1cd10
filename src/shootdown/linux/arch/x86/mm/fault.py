# SPDX-License-Identifier: GPL-2.0-only
"""The entry of page faults."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.hw.events import fault_begun, fault_done
from shootdown.lang import NULL, Bool, Ref, kernel, record, this_cpu
from shootdown.linux.include.linux.mm_types import (
    VM_READ,
    VM_WRITE,
    task_struct,
    vm_area_struct,
)
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.mm.memory_fault import handle_mm_fault
from shootdown.linux.mm.vma import find_vma

__all__ = ["access_error", "exc_page_fault"]


@kernel
def exc_page_fault(address: vaddr_t, is_write: Bool) -> Bool:
    """Handle a page fault of user code; tell whether the task may go on (else: SIGSEGV).

    Kernel: arch/x86/mm/fault.c, v6.18 (do_user_addr_fault)
    Context: user context, may sleep
    Deviates: the lock of the mapping itself is not tried
    """
    mm = record(task_struct, this_cpu()).mm
    fault_begun()
    mmap_read_lock(mm)
    vma = find_vma(mm, address)
    is_good = vma is not NULL and not access_error(vma, is_write)
    if is_good:
        handle_mm_fault(vma, address, is_write)
    mmap_read_unlock(mm)
    fault_done()
    return is_good


@kernel
def access_error(vma: Ref[vm_area_struct], is_write: Bool) -> Bool:
    """Tell whether the mapping forbids the access.

    Kernel: arch/x86/mm/fault.c, v6.18
    Context: mmap_lock held
    Deviates: nothing
    """
    if is_write:
        return vma.vm_flags & VM_WRITE == 0
    return vma.vm_flags & (VM_READ | VM_WRITE) == 0
