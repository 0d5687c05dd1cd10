# SPDX-License-Identifier: GPL-2.0-only
"""The end of a thread."""

from __future__ import annotations

from shootdown.lang import NULL, kernel, record, this_cpu
from shootdown.linux.arch.x86.mm.tlb import enter_lazy_tlb
from shootdown.linux.include.linux.mm_types import task_struct
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock, mmap_read_unlock
from shootdown.linux.kernel.fork import mmgrab, mmput

__all__ = ["exit_mm"]


@kernel
def exit_mm() -> None:
    """Leave the address space, and go on as a borrower of it.

    Kernel: kernel/exit.c, v6.18
    Context: may sleep
    Deviates: interrupts stay on, whose handlers do not ask for the task's address space
    """
    current = record(task_struct, this_cpu())
    mm = current.mm
    mmap_read_lock(mm)
    mmgrab(mm)
    current.mm = NULL
    enter_lazy_tlb(mm)
    mmap_read_unlock(mm)
    mmput(mm)
