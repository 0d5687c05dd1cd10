# SPDX-License-Identifier: GPL-2.0-only
"""The lock of a file's mappings before v3.19: i_mmap_mutex."""

from __future__ import annotations

from shootdown.lang import Ref, kernel
from shootdown.linux.features import I_MMAP_RWSEM
from shootdown.linux.include.linux.mm_types import address_space
from shootdown.linux.include.linux.rwsem import mutex_lock, mutex_unlock

__all__ = [
    "i_mmap_lock_read",
    "i_mmap_lock_write",
    "i_mmap_unlock_read",
    "i_mmap_unlock_write",
]


@kernel(before=I_MMAP_RWSEM)
def i_mmap_lock_read(mapping: Ref[address_space]) -> None:
    """Keep the file's mappings as they are.

    Kernel: mm/rmap.c, v3.15 (mutex_lock of i_mmap_mutex)
    Context: may sleep
    Deviates: has a name of its own since v3.19 only
    """
    mutex_lock(mapping.i_mmap_rwsem)


@kernel(before=I_MMAP_RWSEM)
def i_mmap_unlock_read(mapping: Ref[address_space]) -> None:
    """Let the file's mappings change again.

    Kernel: mm/rmap.c, v3.15 (mutex_unlock of i_mmap_mutex)
    Context: i_mmap_mutex held
    Deviates: has a name of its own since v3.19 only
    """
    mutex_unlock(mapping.i_mmap_rwsem)


@kernel(before=I_MMAP_RWSEM)
def i_mmap_lock_write(mapping: Ref[address_space]) -> None:
    """Begin to change the file's mappings.

    Kernel: mm/mmap.c, v3.15 (mutex_lock of i_mmap_mutex)
    Context: may sleep
    Deviates: has a name of its own since v3.19 only
    """
    mutex_lock(mapping.i_mmap_rwsem)


@kernel(before=I_MMAP_RWSEM)
def i_mmap_unlock_write(mapping: Ref[address_space]) -> None:
    """Show the file's changed mappings.

    Kernel: mm/mmap.c, v3.15 (mutex_unlock of i_mmap_mutex)
    Context: i_mmap_mutex held
    Deviates: has a name of its own since v3.19 only
    """
    mutex_unlock(mapping.i_mmap_rwsem)
