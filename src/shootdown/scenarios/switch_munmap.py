# SPDX-License-Identifier: GPL-2.0-only
"""switch+munmap: a CPU loads another address space while munmap() frees tables of the old

Two CPUs run threads of a process. One of them switches to another process; the other unmaps the
only page, and with it frees a page table.

The switching CPU leaves mm_cpumask, so that flushes of the old process no longer reach it. If it
leaves before it has loaded the new root, a flush in between passes it by, and it may still walk the
old tables, which are freed. It has interrupts off, but that only makes it slow.

This was repaired once, by 831d52bc1539 (v2.6.38). When 94b1b03b519b (v4.14) ordered the switch anew
by generations, for which it is enough that the new root's generation is read last, the mask came
first again. Since 209954cbc7d0 (v6.14) a CPU does not leave the mask when it switches, and a flush
that frees tables reaches all in the mask. Kernels that free page tables by RCU do not show it: the
switching CPU holds the grace period up, since its interrupts are off. On x86 these were those with
CONFIG_PARAVIRT under a hypervisor, until v6.15.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_run_in, sd_take_memory
from shootdown.linux.mm.mmap import sys_munmap

NAME = "switch+munmap"
BOUNDS = {"NR_MM": 2, "NR_TABLES": 3, "NR_VMAS": 1}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", holds(), source="I02 / 831d52bc1539"),
    since("v4.14", violated("table_uaf")),
    since("v6.18", holds(), source="209954cbc7d0"),
)


@setup(cpu=0)
def unmapping_thread() -> None:
    """Store to fresh memory."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@setup(cpu=1)
def switching_thread() -> None:
    """Make another process, and run a second thread of the first."""
    sd_new_process(record(mm_struct, 1))
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)


@task(cpu=1)
def switcher() -> None:
    """Run the other process."""
    context_switch(record(mm_struct, 1))
