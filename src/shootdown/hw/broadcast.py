# SPDX-License-Identifier: MIT
"""Broadcast invalidation: one instruction, and the TLBs of all CPUs forget a page, when they like.

This is arm64's TLBI with DSB. The first is over before anybody has forgotten anything. The second
waits for what this CPU has asked for, and for nothing that others have: the manual promises no
more, even if the other's TLBI is known to have come first.

There are no tags: a CPU that has another address space loaded forgets as well. A machine that is
told by interrupts imports none of this, and has no such task.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_CPUS, NR_VPN, cpumask_t, vaddr_t
from shootdown.hw.events import broadcasts_awaited, invalidation_broadcast
from shootdown.hw.tlb import hw_invlpg
from shootdown.lang import (
    Array,
    Bool,
    array,
    atomic,
    choose,
    hardware_task,
    hw,
    quiescent,
    record,
    rest,
    struct,
    this_cpu,
    wait_until,
)

__all__ = ["broadcast", "hw_dsb", "hw_tlbi", "tlb_listener"]

EVERY_CPU = (1 << NR_CPUS) - 1


@struct(count=NR_CPUS)
class broadcast:
    """What a CPU has asked for, by page: the CPUs that have not forgotten it yet."""

    pages: Array[cpumask_t] = array(NR_VPN)


@hw
def hw_tlbi(start: vaddr_t, end: vaddr_t) -> None:
    """Tell all CPUs, this one included, to forget the translations from `start` up to `end`."""
    with atomic():
        for vpn in range(start, end):
            record(broadcast, this_cpu()).pages[vpn] = EVERY_CPU
        invalidation_broadcast(this_cpu(), start, end)


@hw
def hw_dsb() -> None:
    """Wait until all CPUs have forgotten what this one has told them to."""
    with atomic():
        for vpn in range(NR_VPN):
            wait_until(record(broadcast, this_cpu()).pages[vpn] == 0)
        broadcasts_awaited(this_cpu())


@hardware_task(on="all", kind="irq")
def tlb_listener() -> None:
    """Forget one page after the other that some CPU has named."""
    while True:
        rest()
        with atomic():
            choice = choose(NR_CPUS * NR_VPN)
            asked = record(broadcast, choice // NR_VPN)
            wait_until((asked.pages[choice % NR_VPN] >> this_cpu()) & 1 == 1)
            asked.pages[choice % NR_VPN] = asked.pages[choice % NR_VPN] & ~(1 << this_cpu())
            hw_invlpg(choice % NR_VPN)


@quiescent
def no_broadcast_is_pending() -> Bool:
    """Judge end states only when every CPU has done what it was told."""
    for cpu in range(NR_CPUS):
        for vpn in range(NR_VPN):
            if record(broadcast, cpu).pages[vpn] != 0:
                return False
    return True
