# SPDX-License-Identifier: GPL-2.0-only
"""The lock of a file's mappings, and the number of its pages."""

from __future__ import annotations

from shootdown.lang import Ref, has, kernel
from shootdown.linux.features import I_MMAP_SHARED
from shootdown.linux.include.linux.mm_types import address_space
from shootdown.linux.include.linux.rwsem import down_read, down_write, up_read, up_write

__all__ = [
    "i_mmap_lock_read",
    "i_mmap_lock_write",
    "i_mmap_unlock_read",
    "i_mmap_unlock_write",
]


@kernel
def i_mmap_lock_read(mapping: Ref[address_space]) -> None:
    """Keep the file's mappings as they are.

    Kernel: include/linux/fs.h, v6.18
    Context: may sleep
    Deviates: nothing
    """
    if has(I_MMAP_SHARED):
        down_read(mapping.i_mmap_rwsem)
    else:
        down_write(mapping.i_mmap_rwsem)


@kernel
def i_mmap_unlock_read(mapping: Ref[address_space]) -> None:
    """Let the file's mappings change again.

    Kernel: include/linux/fs.h, v6.18
    Context: i_mmap_rwsem held for reading
    Deviates: nothing
    """
    if has(I_MMAP_SHARED):
        up_read(mapping.i_mmap_rwsem)
    else:
        up_write(mapping.i_mmap_rwsem)


@kernel
def i_mmap_lock_write(mapping: Ref[address_space]) -> None:
    """Begin to change the file's mappings.

    Kernel: include/linux/fs.h, v6.18
    Context: may sleep
    Deviates: nothing
    """
    down_write(mapping.i_mmap_rwsem)


@kernel
def i_mmap_unlock_write(mapping: Ref[address_space]) -> None:
    """Show the file's changed mappings.

    Kernel: include/linux/fs.h, v6.18
    Context: i_mmap_rwsem held for writing
    Deviates: nothing
    """
    up_write(mapping.i_mmap_rwsem)
