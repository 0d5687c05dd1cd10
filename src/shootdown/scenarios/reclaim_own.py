# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-own: a process with one thread reclaims a page of its own

No other CPU runs the process, so there is nothing to gain by putting the flush off: the entry is
flushed on this CPU, under the page-table lock.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_access
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-own"
BOUNDS = {"NR_CPUS": 1, "NR_PAGES": 2, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": (0,)}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file and load from it, and not for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@task(cpu=0)
def reclaimer() -> None:
    """Free the page, and then need it."""
    try_to_free_pages()
    sd_access(0, False)
