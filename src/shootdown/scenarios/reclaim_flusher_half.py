# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+flusher-half: reclaim unmaps a dirty page of a file from one process only, and keeps it

Two processes map a page of a file. A thread of the first stores to it. In the second, mprotect()
takes the page's entry out for a moment, to change it. kswapd looks at that entry just then, finds
nothing, and goes on: it looks without the lock of the table. So the page is unmapped from the first
process, its flush is put off, and as it still is mapped, it goes back to its list, unlocked.

Writeback cleans the entry of the second process, finds none of the first, and writes the page.
Then the thread stores once more.

kswapd writes dirty pages itself here, and flushes before, so this is no case of reclaim+flusher; to
flush a page that is found to be dirty, which would help there, is not enough here.
"""

from __future__ import annotations

from shootdown.lang import at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import VM_READ, address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age, sd_under_pressure
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_new_process, sd_user
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.mprotect import sys_mprotect
from shootdown.linux.mm.page_writeback import do_writepages
from shootdown.linux.mm.vmscan import balance_pgdat

NAME = "reclaim+flusher-half"
BOUNDS = {"NR_VMAS": 2, "NR_MM": 2, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_CPUS": 4}
CONFIG = {"RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", holds()),
    at("defer_writable_flush^", holds()),
    since("v4.3", violated("lost_write")),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@setup(cpu=3)
def other_process() -> None:
    """Map it in another process, and let nobody use it for a while."""
    sd_new_process(record(mm_struct, 1))
    do_mmap(record(address_space, 0), 0, 1, 0)
    sd_access(0, False)
    sd_age(record(address_space, 0))
    sd_under_pressure(record(address_space, 0))


@task(cpu=0)
def kswapd() -> None:
    """Free some pages."""
    balance_pgdat()


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))


@task(cpu=3)
def protector() -> None:
    """Make the mapping of the second process read-only."""
    sys_mprotect(0, 1, VM_READ)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)
