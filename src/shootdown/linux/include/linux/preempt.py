# SPDX-License-Identifier: GPL-2.0-only
"""The preemption count, and the places where a task may sleep."""

from __future__ import annotations

from shootdown.hw.cpu import thread_info
from shootdown.hw.events import slept
from shootdown.lang import Bool, kernel, record, this_task

__all__ = ["in_atomic", "might_sleep", "preempt_disable", "preempt_enable"]


@kernel
def preempt_disable() -> None:
    """Keep the task on its CPU, and awake.

    Kernel: include/linux/preempt.h, v6.18
    Context: any
    Deviates: nothing
    """
    own = record(thread_info, this_task())
    own.preempt_count = own.preempt_count + 1


@kernel
def preempt_enable() -> None:
    """Take one preempt_disable back.

    Kernel: include/linux/preempt.h, v6.18
    Context: any
    Deviates: the task does not look for others that should run now
    """
    own = record(thread_info, this_task())
    own.preempt_count = own.preempt_count - 1


@kernel
def in_atomic() -> Bool:
    """Tell whether the task must not sleep.

    Kernel: include/linux/preempt.h, v6.18
    Context: any
    Deviates: preemption is counted in every configuration
    """
    return record(thread_info, this_task()).preempt_count != 0


@kernel
def might_sleep() -> None:
    """Say that the caller may sleep here, whether it then does or not.

    Kernel: include/linux/kernel.h, v6.18
    Context: may sleep
    Deviates: disabled interrupts are not looked at
    """
    atomic = in_atomic()
    slept(atomic)
