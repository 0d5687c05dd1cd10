# SPDX-License-Identifier: GPL-2.0-only
"""planted-fault-unchecked: a fault does not ask whether the mapping allows the access

A planted mistake: a thread stores to fresh memory, and another makes it read-only. mprotect() has
flushed, and returned; but the next store has a fault, which makes the entry writable again.
"""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import VM_READ, mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect

NAME = "planted-fault-unchecked"
BOUNDS = {"LEVELS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("protection"), source="planted"),)


@kernel
def access_error(vma: Ref[vm_area_struct], is_write: Bool) -> Bool:
    """Allow everything.

    Kernel: arch/x86/mm/fault.c, v6.18
    Context: mmap_lock held
    Deviates: does nothing
    """
    return False


@setup(cpu=0)
def process() -> None:
    """Take fresh memory."""
    sd_take_memory(record(mm_struct, 0), 1)


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process, and store to the memory."""
    sd_run_in(record(mm_struct, 0))
    sd_access(0, True)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the memory."""
    sd_user(0, 1)


@task(cpu=0)
def protector() -> None:
    """Make the memory read-only."""
    sys_mprotect(0, 1, VM_READ)
