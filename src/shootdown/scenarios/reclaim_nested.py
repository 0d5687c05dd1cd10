# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-nested: reclaim needs memory, and reclaims

A task of a group that has reached its limit reclaims. It has taken a clean page of a file, whose
flush it puts off, and goes on with a page of no file, which it has unmapped some time ago and now
writes. To write it takes memory, of which there is none left: so the task reclaims once more, from
all groups this time. It finds one page, which is in use, or maybe not.

Reclaim used to begin with nothing put off, so it said so: init_tlb_ubc() cleared flush_required.
What the outer reclaim had put off was forgotten, unless the inner one put off something, too, and
the first page was freed without a flush. Since b385d21f27d8 (v4.8) only a flush clears it.

A page that is unmapped and dirty would flush all before it is written. Since v4.9 a task does not
reclaim within the reclaim of its group any more.
"""

from __future__ import annotations

from shootdown.hw.disk import hw_write_block
from shootdown.hw.published import page_place
from shootdown.lang import NULL, Ref, at, holds, index, kernel, record, setup, since, task, violated
from shootdown.linux.fs.mpage import folio_end_writeback, folio_start_writeback
from shootdown.linux.include.linux.mm_types import address_space, folio, mm_struct
from shootdown.linux.include.linux.pagemap import folio_unlock
from shootdown.linux.kernel.pressure import sd_age, sd_age_memory, sd_unmap_early
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_read_file, sd_user
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.vmscan import try_to_free_pages
from shootdown.linux.mm.vmscan_nested import sd_reclaim_within

NAME = "reclaim-nested"
BOUNDS = {
    "NR_PAGES": 3,
    "NR_FILES": 2,
    "NR_VMAS": 3,
    "LEVELS": 1,
    "PTRS_PER_TABLE": 3,
}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    at("defer_writable_flush^", violated("stale_access"), source="B02 / b385d21f27d8"),
    since("v4.3", violated("stale_access"), source="B02 / b385d21f27d8"),
    since("v4.8", holds(), source="b385d21f27d8"),
)


@kernel
def __swap_writepage(folio: Ref[folio]) -> None:
    """Write a page to its slot.

    Kernel: mm/page_io.c, v4.3
    Context: folio locked, unlocked on return; may sleep
    Deviates: there is no memory for the request, until the task has reclaimed
    """
    entry = record(page_place, index(folio)).swap
    sd_reclaim_within()
    folio_start_writeback(folio)
    folio_unlock(folio)
    hw_write_block(index(folio), entry)
    folio_end_writeback(folio)


@setup(cpu=1)
def process() -> None:
    """Use a page of a file, one of no file, which is unmapped later, and one of another file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    do_mmap(NULL, 1, 1, 0)
    sd_access(0, False)
    sd_access(1, True)
    sd_read_file(record(address_space, 1))
    do_mmap(record(address_space, 1), 2, 1, 0)
    sd_access(2, False)
    sd_age(record(address_space, 0))
    sd_age(record(address_space, 1))
    sd_age_memory()
    sd_unmap_early(1)


@task(cpu=0)
def reclaimer() -> None:
    """Free two pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the files."""
    sd_user(0b101, 0)
