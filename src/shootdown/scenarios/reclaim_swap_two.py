# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-swap-two: two pages go to the swap area in one go, and one of them only goes back

The first page has come back from the swap area by a load; it is clean, and its slot still has what
it holds. The second one was never there; it is dirty, and gets a slot. Reclaim unmaps the first one
and puts its flush off, and drops it. The second one must be flushed before it is written, which
flushes both. Then both are freed.

A thread uses both pages meanwhile. Each comes back from its own slot, with what it had.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_access, sd_swap_out, sd_take_memory, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-swap-two"
BOUNDS = {"NR_PAGES": 5, "NR_BLOCKS": 2, "NR_FILE_PAGES": 2, "LEVELS": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (since("v2.6.39", holds(), source="d950c9477d51"),)


@setup(cpu=1)
def process() -> None:
    """Load one page back from the swap area, and store to another; let both grow old."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)
    sd_swap_out(0)
    sd_access(0, False)
    sd_access(1, True)
    sd_age_memory()


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the first page, and store to both."""
    sd_user(0b01, 0b11)


@task(cpu=0)
def reclaimer() -> None:
    """Free both pages."""
    try_to_free_pages()
