# SPDX-License-Identifier: GPL-2.0-only
"""Spinlocks."""

from __future__ import annotations

from shootdown.hw.events import lock_released, lock_taken
from shootdown.lang import Ref, atomic, kernel, struct, this_task, wait_until
from shootdown.linux.bounds import owner_t
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable

__all__ = ["spin_lock", "spin_unlock", "spinlock_t"]


@struct
class spinlock_t:
    """A lock whose waiters spin."""

    owner: owner_t


@kernel
def spin_lock(lock: Ref[spinlock_t]) -> None:
    """Take the lock, with preemption off from here on.

    Kernel: include/linux/spinlock.h, v6.18
    Context: any
    Deviates: waiters have no order, as with the oldest of Linux's spinlocks
    """
    preempt_disable()
    with atomic():
        wait_until(lock.owner == 0)
        lock.owner = this_task() + 1
        lock_taken()


@kernel
def spin_unlock(lock: Ref[spinlock_t]) -> None:
    """Release the lock.

    Kernel: include/linux/spinlock.h, v6.18
    Context: lock held
    Deviates: nothing
    """
    with atomic():
        owned = lock.owner == this_task() + 1
        lock_released(owned)
        lock.owner = 0
    preempt_enable()
