# SPDX-License-Identifier: GPL-2.0-only
"""References to an address space: to what is mapped there, and to its root."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE
from shootdown.lang import Ref, atomic, has, index, kernel
from shootdown.linux.features import HUGE_ZERO_MM
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.mm.huge_memory_zero import mm_put_huge_zero_folio
from shootdown.linux.mm.mmap import exit_mmap
from shootdown.linux.mm.page_alloc import pagetable_free

__all__ = ["__mmdrop", "__mmput", "mmdrop", "mmgrab", "mmput"]


@kernel
def mmgrab(mm: Ref[mm_struct]) -> None:
    """Keep the root of an address space, whatever becomes of the rest.

    Kernel: include/linux/sched/mm.h, v6.18
    Context: any
    Deviates: nothing
    """
    with atomic():
        mm.mm_count = mm.mm_count + 1


@kernel
def mmput(mm: Ref[mm_struct]) -> None:
    """Let a thread leave an address space, and with the last one all that is mapped there.

    Kernel: kernel/fork.c, v6.18
    Context: may sleep
    Deviates: nothing
    """
    with atomic():
        mm.mm_users = mm.mm_users - 1
        is_last = mm.mm_users == 0
    if is_last:
        __mmput(mm)


@kernel
def __mmput(mm: Ref[mm_struct]) -> None:
    """Take everything out of an address space.

    Kernel: kernel/fork.c, v6.18
    Context: may sleep
    Deviates: asynchronous IO, merged pages
    """
    exit_mmap(mm)
    if CONFIG_TRANSPARENT_HUGEPAGE and has(HUGE_ZERO_MM):
        mm_put_huge_zero_folio(mm)
    mmdrop(mm)


@kernel
def mmdrop(mm: Ref[mm_struct]) -> None:
    """Give a reference to the root back, and with the last one the root.

    Kernel: include/linux/sched/mm.h, v6.18
    Context: any
    Deviates: nothing
    """
    with atomic():
        mm.mm_count = mm.mm_count - 1
        is_last = mm.mm_count == 0
    if is_last:
        __mmdrop(mm)


@kernel
def __mmdrop(mm: Ref[mm_struct]) -> None:
    """Free the root of an address space.

    Kernel: kernel/fork.c, v6.18
    Context: any
    Deviates: the record of the address space is not used again
    """
    pagetable_free(index(mm.pgd))
