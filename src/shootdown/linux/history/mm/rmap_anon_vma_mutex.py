# SPDX-License-Identifier: GPL-2.0-only
"""The lock of an anon_vma before v3.0, a spinlock."""

from __future__ import annotations

from shootdown.hw.events import lock_taken
from shootdown.lang import Ref, atomic, kernel, this_task, wait_until
from shootdown.linux.features import ANON_VMA_MUTEX
from shootdown.linux.include.linux.mm_types import anon_vma
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable
from shootdown.linux.include.linux.rwsem import up_write

__all__ = ["anon_vma_lock_write", "anon_vma_unlock_write"]


@kernel(before=ANON_VMA_MUTEX)
def anon_vma_lock_write(anon_vma: Ref[anon_vma]) -> None:
    """Begin to change the mappings of an anon_vma, or keep them as they are.

    Kernel: include/linux/rmap.h, v2.6.39 (anon_vma_lock)
    Context: any
    Deviates: it has no parent, whose lock would be taken
    """
    preempt_disable()
    with atomic():
        wait_until(anon_vma.rwsem.owner == 0 and anon_vma.rwsem.readers == 0)
        anon_vma.rwsem.owner = this_task() + 1
        lock_taken()


@kernel(before=ANON_VMA_MUTEX)
def anon_vma_unlock_write(anon_vma: Ref[anon_vma]) -> None:
    """Let others see or change the mappings of an anon_vma.

    Kernel: include/linux/rmap.h, v2.6.39 (anon_vma_unlock)
    Context: lock held
    Deviates: nothing
    """
    up_write(anon_vma.rwsem)
    preempt_enable()
