# SPDX-License-Identifier: GPL-2.0-only
"""The system call execve(), of which only the stack's way to its place is here."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ref, kernel, record, this_cpu
from shootdown.linux.include.linux.mm_types import task_struct, vm_area_struct
from shootdown.linux.include.linux.mmap_lock import mmap_write_lock, mmap_write_unlock
from shootdown.linux.mm.vma_exec import relocate_vma_down

__all__ = ["setup_arg_pages"]


@kernel
def setup_arg_pages(vma: Ref[vm_area_struct], stack_shift: vaddr_t) -> None:
    """Move the stack of a new program, with its arguments, to its place.

    Kernel: fs/exec.c, v6.18
    Context: the program has not begun to run; may sleep
    Deviates: rights and growth of the stack
    """
    mm = record(task_struct, this_cpu()).mm
    mmap_write_lock(mm)
    relocate_vma_down(vma, stack_shift)
    mmap_write_unlock(mm)
