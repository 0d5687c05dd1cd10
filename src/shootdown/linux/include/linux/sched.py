# SPDX-License-Identifier: GPL-2.0-only
"""Places where a task lets others run."""

from __future__ import annotations

from shootdown.hw.cpu import hw_yield
from shootdown.lang import kernel
from shootdown.linux.include.linux.preempt import might_sleep

__all__ = ["cond_resched"]


@kernel
def cond_resched() -> None:
    """Let another task of the CPU run, if one should.

    Kernel: include/linux/sched.h, v6.18
    Context: may sleep
    Deviates: others may always run; also with CONFIG_PREEMPTION, where they would have by now
    """
    might_sleep()
    hw_yield()
