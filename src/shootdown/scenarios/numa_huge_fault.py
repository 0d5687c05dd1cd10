# SPDX-License-Identifier: GPL-2.0-only
"""numa+huge-fault: NUMA balancing finds nothing, and then a huge page that is just being mapped

As dontneed+huge-fault, with NUMA balancing: it looks at the entry of fresh memory, and finds no
huge page. Another thread maps one. It looks again, for a page table: what it finds now is neither
none nor a table, so it must be bad, and is cleared. Nobody knows of the huge page any more, and
its owner's data are gone.

Commit 1a5a9906d4e8 (v3.4) told such entries from bad ones where mmap_sem was held for reading; NUMA
balancing came later, and shared its walk with mprotect(). Commit 8b272b3cbbb5 (v5.6) mends it.
"""

from __future__ import annotations

from shootdown.lang import absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.mempolicy import task_numa_work

NAME = "numa+huge-fault"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True, "PROTNONE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", violated("leak"), source="8b272b3cbbb5"),
    at("numa_pmd_one_look^", violated("leak"), source="8b272b3cbbb5"),
    at("numa_pmd_one_look", holds(), source="8b272b3cbbb5"),
    since("v5.6", holds(), source="8b272b3cbbb5"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page."""
    sd_take_memory(record(mm_struct, 0), 2)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def balancer() -> None:
    """Find out who uses the memory."""
    task_numa_work(0, 2)


@task(cpu=1)
def writer() -> None:
    """Store to the memory, and load from its other end."""
    sd_access(0, True)
    sd_access(1, False)
