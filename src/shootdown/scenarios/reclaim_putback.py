# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-putback: reclaim puts a page back on its list that somebody is about to free

A task that needs memory has taken a page of a file off its list, and cannot have it: somebody has
locked it, to truncate the file. It puts the page back, and its own reference. The other task gives
back the last one, and must know that the page is on the list: it says so (PG_lru) before reclaim
lets go of it. Then it takes the page off under the list's lock, and frees it. The memory is used
for something else at once.

While it waits for the lock, the page is on the list with no references; reclaim that comes across
it leaves it there.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.kernel.user import sd_read_file
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.truncate import truncate_setsize
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-putback"
BOUNDS = {"NR_PAGES": 2, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def reader_of_file() -> None:
    """Read a page of a file."""
    sd_read_file(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages, again and again."""
    try_to_free_pages()
    try_to_free_pages()


@task(cpu=1)
def truncater() -> None:
    """Empty the file, and take memory for something else."""
    truncate_setsize(record(address_space, 0), 0)
    folio_put(alloc_page())
