# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+huge-fault: MADV_DONTNEED finds nothing, and then a huge page that is just being mapped

A thread calls MADV_DONTNEED for fresh memory, while another stores to it; mmap_sem, held for
reading, lets both in. The first looks at the entry, and finds no huge page. The second maps one.
The first looks again, for a page table: what it finds now is neither none nor a table, so it must
be bad, and is cleared. Nobody knows of the huge page any more, and nothing is flushed: when the
call has returned, the second still loads what it has stored, and later it does not.

Commit 1a5a9906d4e8 (v3.4) tells such entries from bad ones.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sys_madvise

NAME = "dontneed+huge-fault"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", violated("protection"), source="1a5a9906d4e8"),
    since("v3.4", holds(), source="1a5a9906d4e8"),
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
def adviser() -> None:
    """Give the memory back."""
    sys_madvise(0, 2)


@task(cpu=1)
def writer() -> None:
    """Store to the memory, and load from its other end."""
    sd_access(0, True)
    sd_access(1, False)
