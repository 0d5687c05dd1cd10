# SPDX-License-Identifier: MIT
"""A CPU: the page table it has loaded, its interrupt flag, and which task has it.

At most one task of a CPU runs at a time. Interrupt handlers are single steps (see `ipi`), so no
task ever finds its CPU inside one.
"""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import (
    CONFIG_PREEMPTION,
    MULTITASK,
    NR_CPUS,
    preempt_t,
    task_nr,
)
from shootdown.hw.events import cr3_loaded, task_finished, task_slept
from shootdown.hw.memory import table
from shootdown.hw.tlb import forget_everything
from shootdown.lang import (
    NR_TASKS,
    OWN_TASK,
    Bool,
    Ref,
    atomic,
    gate,
    guarded_by,
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
    "hw_yield",
    "may_run",
    "processor",
    "thread_info",
]


@struct(count=NR_TASKS)
class thread_info:
    """What keeps a task on its CPU; x86 has it per CPU, and saves it with the task."""

    preempt_count: preempt_t = guarded_by(OWN_TASK)


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


@hw
def hw_yield() -> None:
    """Give this CPU up, for the next of its tasks to move: this one, or another."""
    if MULTITASK:
        with atomic():
            record(processor, this_cpu()).current = 0


@gate
def may_run() -> Bool:
    """Let a task move while it has its CPU, or can have it.

    A CPU without a task is taken by the next one to move. One with a task is taken from it, with
    CONFIG_PREEMPTION, wherever that task may be preempted. The kernel's own work of switching is
    part of the step: tasks that share a CPU have one address space.
    """
    if MULTITASK:
        cpu = record(processor, this_cpu())
        mine = this_task() + 1
        if cpu.current != mine:
            if cpu.current != 0 and not is_preemptible(cpu.current - 1):
                return False
            cpu.current = mine
    return True


@hw
def is_preemptible(task: task_nr) -> Bool:
    """Tell whether the kernel may take this CPU from the task that has it."""
    if CONFIG_PREEMPTION:
        enabled = not record(processor, this_cpu()).irqs_off
        return enabled and record(thread_info, task).preempt_count == 0
    return False


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
