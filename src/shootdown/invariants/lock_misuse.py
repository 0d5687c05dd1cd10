# SPDX-License-Identifier: MIT
"""Only its owner unlocks a lock, and a task that ends owns none.

Not vacuous: broken when an early return skips the unlock (the task ends with the lock), or when a
loop that dropped the lock to flush drops it again at its end (somebody else owns it by then).
"""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.events import lock_released, lock_taken, task_finished
from shootdown.lang import (
    NR_TASKS,
    OWN_TASK,
    Bool,
    check,
    guarded_by,
    invariant,
    on,
    record,
    struct,
    this_task,
    upto,
)

__all__ = ["lock_misuse"]

lock_misuse = invariant("lock_misuse", "a lock is released by another task, or never")

MAX_HELD = 7


@struct(count=NR_TASKS)
class locks_held:
    """What the monitor remembers of a task."""

    count: Annotated[int, upto(MAX_HELD)] = guarded_by(OWN_TASK)


@on(lock_taken)
def count_lock() -> None:
    """Count a lock that the task took."""
    held = record(locks_held, this_task())
    held.count = held.count + 1


@on(lock_released)
def owner_unlocks(owned: Bool) -> None:
    """Judge the unlocker, and count a lock that the task gave back."""
    check(owned, "lock_misuse")
    if owned:
        held = record(locks_held, this_task())
        held.count = held.count - 1


@on(task_finished)
def nothing_is_held_at_the_end() -> None:
    """Find the unlock that a finished task forgot."""
    check(record(locks_held, this_task()).count == 0, "lock_misuse")
