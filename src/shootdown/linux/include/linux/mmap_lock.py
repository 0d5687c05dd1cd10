# SPDX-License-Identifier: GPL-2.0-only
"""The lock of an address space's mappings."""

from __future__ import annotations

from shootdown.lang import Ref, kernel
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.rwsem import (
    down_read,
    down_write,
    downgrade_write,
    up_read,
    up_write,
)

__all__ = [
    "mmap_read_lock",
    "mmap_read_unlock",
    "mmap_write_downgrade",
    "mmap_write_lock",
    "mmap_write_unlock",
]


@kernel
def mmap_read_lock(mm: Ref[mm_struct]) -> None:
    """Keep the mappings as they are.

    Kernel: include/linux/mmap_lock.h, v6.18 (before v5.8: down_read of mmap_sem)
    Context: may sleep
    Deviates: nothing
    """
    down_read(mm.mmap_lock)


@kernel
def mmap_read_unlock(mm: Ref[mm_struct]) -> None:
    """Let the mappings change again.

    Kernel: include/linux/mmap_lock.h, v6.18 (before v5.8: up_read of mmap_sem)
    Context: mmap_lock held for reading
    Deviates: nothing
    """
    up_read(mm.mmap_lock)


@kernel
def mmap_write_lock(mm: Ref[mm_struct]) -> None:
    """Begin to change the mappings.

    Kernel: include/linux/mmap_lock.h, v6.18 (before v5.8: down_write of mmap_sem)
    Context: may sleep
    Deviates: a signal does not end the wait
    """
    down_write(mm.mmap_lock)


@kernel
def mmap_write_unlock(mm: Ref[mm_struct]) -> None:
    """Show the changed mappings.

    Kernel: include/linux/mmap_lock.h, v6.18 (before v5.8: up_write of mmap_sem)
    Context: mmap_lock held for writing
    Deviates: nothing
    """
    up_write(mm.mmap_lock)


@kernel
def mmap_write_downgrade(mm: Ref[mm_struct]) -> None:
    """Show the changed mappings, and keep them as they are.

    Kernel: include/linux/mmap_lock.h, v6.18
    Context: mmap_lock held for writing, then for reading
    Deviates: nothing
    """
    downgrade_write(mm.mmap_lock)
