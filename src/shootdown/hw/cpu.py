# SPDX-License-Identifier: MIT
"""A CPU: the page table it has loaded, its interrupt flag, and which task has it.

At most one task of a CPU runs at a time. Interrupt handlers are single steps (see `ipi`), so no
task ever finds its CPU inside one.
"""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import MULTITASK, NR_CPUS
from shootdown.hw.events import cr3_loaded, task_finished, task_slept, task_started, task_woke
from shootdown.hw.memory import table
from shootdown.hw.tlb import forget_everything
from shootdown.lang import (
    NR_TASKS,
    Bool,
    Ref,
    atomic,
    gate,
    hw,
    on,
    record,
    struct,
    this_cpu,
    this_task,
    upto,
)

__all__ = [
    "hw_irqs_are_off",
    "hw_irqs_off",
    "hw_irqs_on",
    "hw_load_cr3",
    "may_run",
    "processor",
]


@struct(count=NR_CPUS)
class processor:
    """The registers of a CPU."""

    root: Ref[table]
    """The root of the loaded page table (CR3), or NULL."""

    irqs_off: Bool
    """Interrupts wait (EFLAGS.IF is clear)."""

    current: Annotated[int, upto(NR_TASKS)]
    """The task that has the CPU, plus one; 0: none, the next to move takes it."""


@hw
def hw_load_cr3(root: Ref[table]) -> None:
    """Load another page table on this CPU, and forget all translations of the one before."""
    with atomic():
        record(processor, this_cpu()).root = root
        forget_everything(this_cpu())
        cr3_loaded(this_cpu())


@hw
def hw_irqs_off() -> None:
    """Keep interrupts waiting on this CPU."""
    with atomic():
        record(processor, this_cpu()).irqs_off = True


@hw
def hw_irqs_on() -> None:
    """Let interrupts in on this CPU."""
    with atomic():
        record(processor, this_cpu()).irqs_off = False


@hw
def hw_irqs_are_off() -> Bool:
    """Tell whether interrupts wait on this CPU."""
    with atomic():
        return record(processor, this_cpu()).irqs_off


@gate
def may_run() -> Bool:
    """Let a task move only while its CPU is its own, or nobody's."""
    if MULTITASK:
        current = record(processor, this_cpu()).current
        return current == 0 or current == this_task() + 1
    return True


@on(task_started)
def take_cpu_at_start() -> None:
    """Give the CPU to a task that takes its first step."""
    if MULTITASK:
        record(processor, this_cpu()).current = this_task() + 1


@on(task_woke)
def take_cpu_again() -> None:
    """Give the CPU to a task that has slept."""
    if MULTITASK:
        record(processor, this_cpu()).current = this_task() + 1


@on(task_slept)
def leave_cpu_to_sleep() -> None:
    """Take the CPU from a task that sleeps."""
    if MULTITASK:
        record(processor, this_cpu()).current = 0


@on(task_finished)
def leave_cpu_for_good() -> None:
    """Take the CPU from a task that has finished."""
    if MULTITASK:
        record(processor, this_cpu()).current = 0
