# SPDX-License-Identifier: GPL-2.0-only
"""planted-reclaim-left-over: reclaim leaves its flush to the next time

A planted mistake: the flush at the end of the list is left out if nothing was dirty: the entries
allow no stores, and the next reclaim will flush them. But the pages are freed now.
"""

from __future__ import annotations

from shootdown.lang import absent, kernel, record, setup, since, task, this_task, violated
from shootdown.linux.arch.x86.mm.tlb import arch_tlbbatch_flush
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.include.linux.mm_types_task import tlbflush_unmap_batch
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "planted-reclaim-left-over"
BOUNDS = {"NR_VMAS": 1, "PTRS_PER_TABLE": 1, "LEVELS": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.3", violated("stale_access"), source="planted"),
)


@kernel
def try_to_unmap_flush() -> None:
    """Flush what the task has put off.

    Kernel: mm/rmap.c, v6.18
    Context: interrupts on
    Deviates: keeps what was clean
    """
    tlb_ubc = record(tlbflush_unmap_batch, this_task())
    if tlb_ubc.writable:
        arch_tlbbatch_flush(tlb_ubc)
        tlb_ubc.flush_required = False
        tlb_ubc.writable = False


@setup(cpu=1)
def process() -> None:
    """Map a page and load from it."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@task(cpu=0)
def reclaimer() -> None:
    """Free a page."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)
