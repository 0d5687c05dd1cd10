# SPDX-License-Identifier: GPL-2.0-only
"""The entry of page faults."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Bool, kernel, record, this_cpu
from shootdown.linux.include.linux.mm_types import task_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.mm.memory_fault import handle_mm_fault
from shootdown.linux.mm.vma import find_vma

__all__ = ["exc_page_fault"]


@kernel
def exc_page_fault(address: vaddr_t, is_write: Bool) -> Bool:
    """Handle a page fault of user code; tell whether the task may go on (else: SIGSEGV).

    Kernel: arch/x86/mm/fault.c, v6.18 (do_user_addr_fault)
    Context: user context, may sleep
    Deviates: all mappings allow loads and stores; the lock of the mapping itself is not tried
    """
    mm = record(task_struct, this_cpu()).mm
    mmap_read_lock(mm)
    vma = find_vma(mm, address)
    is_good = vma is not NULL
    if is_good:
        handle_mm_fault(vma, address, is_write)
    mmap_read_unlock(mm)
    return is_good
