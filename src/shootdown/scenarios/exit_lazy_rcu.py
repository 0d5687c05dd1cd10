# SPDX-License-Identifier: GPL-2.0-only
"""exit+lazy-rcu: as exit+lazy, with page tables that RCU frees

When the process is gone, nobody uses its page tables, so tlb_remove_table() freed each of them at
once, before the flush; and the CPU that borrows the address space walked them. Commits a6f572084fbe
and d86564a2f085 (v4.19) let them wait and flush first.

x86 has such tables since v4.14 (9e52fc2b50de); other architectures since v3.0.
"""

from __future__ import annotations

from shootdown.lang import NULL, absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.exit import exit_mm
from shootdown.linux.kernel.sched.core import context_switch
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_switch_to
from shootdown.linux.mm.mmap import do_mmap

NAME = "exit+lazy-rcu"
BOUNDS = {"NR_CPUS": 2, "NR_VMAS": 1}
CONFIG = {"LAZY_TLB": True, "CONFIG_MMU_GATHER_RCU_TABLE_FREE": True}
HARDWARE = {"tlb_walker": (0, 1)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.0", violated("table_uaf"), source="A10 / a6f572084fbe"),
    since("v4.19", holds(), source="a6f572084fbe"),
)


@setup(cpu=1)
def first_cpu() -> None:
    """Store to fresh memory, then run a kernel thread."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 1, 1, 0)
    sd_access(1, True)
    context_switch(NULL)


@setup(cpu=0)
def second_cpu() -> None:
    """Go on with the process."""
    sd_switch_to(record(mm_struct, 0))


@task(cpu=0)
def last_thread() -> None:
    """End the process."""
    exit_mm()
