# SPDX-License-Identifier: GPL-2.0-only
"""zap+mkclean-up: munmap() against writeback on a machine with one CPU

As zap+mkclean-last, with CONFIG_SMP off: the tasks take turns. No other CPU has to be told, but
the one TLB still lets the storing thread write to the page, from where munmap() takes out the
entry to where it flushes; all three are threads of one address space, so switching from one to
the other flushes nothing.

Before v3.0 preemption is off in between. From v3.15 to v6.1 a dirty entry makes zap flush before
it drops the page-table lock, and a spinlock keeps preemption off. Commit 5df397dec7c4 (v6.2) made
that flush hang on tlb_delay_rmap(), which is false without SMP: the order of flush and reverse map
does not matter there, says its comment, because all happens under the page-table lock. But the
flush, which it thereby leaves to tlb_finish_mmu(), no longer does. With CONFIG_PREEMPTION off it
is the same: zap offers the CPU to others after each page table. To force the flush for each dirty
entry, whether its reverse map is delayed or not, is enough to mend it.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user
from shootdown.linux.mm.mmap import sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+mkclean-up"
BOUNDS = {"NR_CPUS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SMP": False}
EXPECT = (
    since("v2.6.39", holds(), source="d16dfc550f53: preemption is off"),
    since("v3.0", violated("lost_write"), source="A01 / 1cf35d47712d"),
    since("v3.15", holds(), source="1cf35d47712d"),
    since("v6.2", violated("lost_write")),
)


@setup(cpu=0)
def process() -> None:
    """Map the page and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@task(cpu=0)
def unmapper() -> None:
    """Take the page's only mapping away."""
    sys_munmap(0, 1)


@task(cpu=0, kind="user")
def writer() -> None:
    """Store to the page until it is gone."""
    sd_user(0, 0b01)


@task(cpu=0)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
