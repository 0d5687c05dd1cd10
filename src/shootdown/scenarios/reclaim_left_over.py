# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-left-over: a task reclaims twice

A task needs memory, and a moment later it needs more. What it has put off while it took the first
page is flushed when it comes back for the second: nothing is left over, and what is put off then is
flushed in its turn.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-left-over"
BOUNDS = {"NR_PAGES": 3, "NR_FILE_PAGES": 2, "LEVELS": 1, "NR_VMAS": 1, "SWAP_CLUSTER_MAX": 1}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
EXPECT = (since("v2.6.39", holds(), source="72b252aed506"),)


@setup(cpu=1)
def process() -> None:
    """Map two pages, load from both, and use neither for a while."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)
    sd_access(1, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free a page, and one more."""
    try_to_free_pages()
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from both pages."""
    sd_user(0b11, 0)
