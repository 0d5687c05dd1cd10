# SPDX-License-Identifier: GPL-2.0-only
"""The lock of a file's mappings before v3.0: i_mmap_lock, a spinlock."""

from __future__ import annotations

from shootdown.hw.events import lock_taken
from shootdown.lang import Ref, atomic, kernel, this_task, wait_until
from shootdown.linux.features import I_MMAP_MUTEX
from shootdown.linux.include.linux.mm_types import address_space
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable
from shootdown.linux.include.linux.rwsem import up_write

__all__ = [
    "i_mmap_lock_read",
    "i_mmap_lock_write",
    "i_mmap_unlock_read",
    "i_mmap_unlock_write",
]


@kernel(before=I_MMAP_MUTEX)
def i_mmap_lock_write(mapping: Ref[address_space]) -> None:
    """Begin to change the file's mappings.

    Kernel: mm/mmap.c, v2.6.39 (spin_lock of i_mmap_lock)
    Context: any
    Deviates: has a name of its own since v3.19 only
    """
    preempt_disable()
    with atomic():
        wait_until(mapping.i_mmap_rwsem.owner == 0 and mapping.i_mmap_rwsem.readers == 0)
        mapping.i_mmap_rwsem.owner = this_task() + 1
        lock_taken()


@kernel(before=I_MMAP_MUTEX)
def i_mmap_unlock_write(mapping: Ref[address_space]) -> None:
    """Show the file's changed mappings.

    Kernel: mm/mmap.c, v2.6.39 (spin_unlock of i_mmap_lock)
    Context: i_mmap_lock held
    Deviates: has a name of its own since v3.19 only
    """
    up_write(mapping.i_mmap_rwsem)
    preempt_enable()


@kernel(before=I_MMAP_MUTEX)
def i_mmap_lock_read(mapping: Ref[address_space]) -> None:
    """Keep the file's mappings as they are.

    Kernel: mm/rmap.c, v2.6.39 (spin_lock of i_mmap_lock)
    Context: any
    Deviates: has a name of its own since v3.19 only
    """
    i_mmap_lock_write(mapping)


@kernel(before=I_MMAP_MUTEX)
def i_mmap_unlock_read(mapping: Ref[address_space]) -> None:
    """Let the file's mappings change again.

    Kernel: mm/rmap.c, v2.6.39 (spin_unlock of i_mmap_lock)
    Context: i_mmap_lock held
    Deviates: has a name of its own since v3.19 only
    """
    i_mmap_unlock_write(mapping)
