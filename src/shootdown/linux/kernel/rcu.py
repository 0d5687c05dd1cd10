# SPDX-License-Identifier: GPL-2.0-only
"""Waiting for those who read without locks."""

from __future__ import annotations

from shootdown.hw.bounds import NR_CPUS
from shootdown.hw.cpu import processor
from shootdown.lang import kernel, record, this_cpu, wait_until

__all__ = ["sd_wait_for_irqs_on"]


@kernel
def sd_wait_for_irqs_on() -> None:
    """Wait until each other CPU has had interrupts on for a moment.

    Kernel: none
    Context: any
    Deviates: stands for the grace period of call_rcu(), and for interrupts that do nothing
        (tlb_remove_table_sync_one): what the caller does next waits, where the kernel goes on and
        leaves the freeing to others
    """
    for cpu in range(NR_CPUS):
        if cpu != this_cpu():
            wait_until(not record(processor, cpu).irqs_off)
