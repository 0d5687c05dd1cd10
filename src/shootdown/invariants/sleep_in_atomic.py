# SPDX-License-Identifier: MIT
"""No task sleeps with a spinlock held, preemption off or interrupts off.

Judged where a task may sleep, whether it then does or not, as the kernel's `might_sleep` does.

Not vacuous: broken when a notifier that may sleep is called under the page-table lock.
"""

from __future__ import annotations

from shootdown.hw.events import slept
from shootdown.lang import Bool, check, invariant, on

__all__ = ["sleep_in_atomic"]

sleep_in_atomic = invariant("sleep_in_atomic", "a task may sleep where it must not")


@on(slept)
def sleeps_where_it_may(atomic: Bool) -> None:
    """Judge each place that may sleep."""
    check(not atomic, "sleep_in_atomic")
