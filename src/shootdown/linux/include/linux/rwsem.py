# SPDX-License-Identifier: GPL-2.0-only
"""Sleeping locks: rw_semaphore, and the mutex, which is one that nobody takes for reading."""

from __future__ import annotations

from shootdown.hw.events import lock_released, lock_taken
from shootdown.lang import Ref, atomic, kernel, sleep_until, struct, this_task
from shootdown.linux.bounds import owner_t, taskmask_t
from shootdown.linux.include.linux.preempt import might_sleep

__all__ = [
    "down_read",
    "down_write",
    "downgrade_write",
    "mutex",
    "mutex_lock",
    "mutex_unlock",
    "rw_semaphore",
    "up_read",
    "up_write",
]


@struct
class rw_semaphore:
    """A sleeping lock for one writer or several readers."""

    owner: owner_t
    readers: taskmask_t


mutex = rw_semaphore


@kernel
def down_read(sem: Ref[rw_semaphore]) -> None:
    """Take the lock for reading.

    Kernel: kernel/locking/rwsem.c, v6.18
    Context: may sleep
    Deviates: a waiting writer does not hold new readers off
    """
    might_sleep()
    with atomic():
        sleep_until(sem.owner == 0)
        sem.readers = sem.readers | (1 << this_task())
        lock_taken()


@kernel
def up_read(sem: Ref[rw_semaphore]) -> None:
    """Release the lock that the task holds for reading.

    Kernel: kernel/locking/rwsem.c, v6.18
    Context: sem held for reading
    Deviates: nothing
    """
    with atomic():
        owned = (sem.readers >> this_task()) & 1 == 1
        lock_released(owned)
        sem.readers = sem.readers & ~(1 << this_task())


@kernel
def down_write(sem: Ref[rw_semaphore]) -> None:
    """Take the lock for writing.

    Kernel: kernel/locking/rwsem.c, v6.18
    Context: may sleep
    Deviates: waiters have no order
    """
    might_sleep()
    with atomic():
        sleep_until(sem.owner == 0 and sem.readers == 0)
        sem.owner = this_task() + 1
        lock_taken()


@kernel
def up_write(sem: Ref[rw_semaphore]) -> None:
    """Release the lock that the task holds for writing.

    Kernel: kernel/locking/rwsem.c, v6.18
    Context: sem held for writing
    Deviates: nothing
    """
    with atomic():
        owned = sem.owner == this_task() + 1
        lock_released(owned)
        sem.owner = 0


@kernel
def downgrade_write(sem: Ref[rw_semaphore]) -> None:
    """Let readers in, and stay one of them.

    Kernel: kernel/locking/rwsem.c, v6.18
    Context: sem held for writing
    Deviates: nothing
    """
    with atomic():
        assert sem.owner == this_task() + 1
        sem.owner = 0
        sem.readers = 1 << this_task()


@kernel
def mutex_lock(lock: Ref[rw_semaphore]) -> None:
    """Take the mutex.

    Kernel: kernel/locking/mutex.c, v6.18
    Context: may sleep
    Deviates: waiters have no order
    """
    down_write(lock)


@kernel
def mutex_unlock(lock: Ref[rw_semaphore]) -> None:
    """Release the mutex.

    Kernel: kernel/locking/mutex.c, v6.18
    Context: lock held
    Deviates: nothing
    """
    up_write(lock)
