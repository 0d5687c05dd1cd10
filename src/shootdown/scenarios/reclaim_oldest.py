# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-oldest: reclaim takes the page first that has been on the list the longest

A task needs memory three times, and finds one page a time. The oldest was used lately: it is kept,
and goes to the head of the list. So the next one is free in the end, and the one after that; the
first has the list for itself.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-oldest"
BOUNDS = {
    "NR_CPUS": 1,
    "NR_PAGES": 3,
    "NR_FILE_PAGES": 3,
    "NR_VMAS": 1,
    "LEVELS": 1,
    "PTRS_PER_TABLE": 3,
    "SWAP_CLUSTER_MAX": 1,
}
CONFIG = {"RECLAIM": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Read a file of three pages, map it, and use the first."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)


@task(cpu=0)
def reclaimer() -> None:
    """Free a page, three times, and look which are left."""
    pages = record(address_space, 0)
    try_to_free_pages()
    assert pages.i_pages[1] is not NULL
    try_to_free_pages()
    assert pages.i_pages[1] is NULL
    assert pages.i_pages[2] is not NULL
    try_to_free_pages()
    assert pages.i_pages[2] is NULL
    assert pages.i_pages[0] is not NULL
