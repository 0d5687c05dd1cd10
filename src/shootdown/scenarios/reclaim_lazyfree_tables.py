# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-lazyfree-tables: reclaim takes a folio out of two tables, and looks beyond the first

A process has said of a large folio, with MADV_FREE, that it does not need it, and then moved it to
where its first page has the last entry of a page table, and the second the first of the next.

354dffd29575 (v6.15) lets reclaim take all entries of such a folio out at once if it finds as many
as there are pages: it counts on from the first, in memory. What comes after the table there need
not be the next table: here it is a page that no table is in. ddd05742b45b (v6.16) goes no further
than the table does. Up to v6.14 each entry is looked for by its own address.
"""

from __future__ import annotations

from shootdown.lang import NULL, absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.large import sd_store_to_large_folio
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_new_process, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.mremap import sys_mremap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-lazyfree-tables"
BOUNDS = {
    "NR_PAGES": 4,
    "NR_TABLES": 4,
    "FOLIO_PAGES": 2,
    "PTRS_PER_TABLE": 4,
    "NR_VMAS": 2,
    "NR_FILE_PAGES": 2,
    "SWAP_CLUSTER_MAX": 1,
}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", absent()),
    since("v6.10", holds()),
    since("v6.15", violated("table_uaf"), source="B09 / ddd05742b45b"),
    at("lazyfree_batch_end^", violated("table_uaf"), source="B09 / ddd05742b45b"),
    at("lazyfree_batch_end", holds(), source="ddd05742b45b"),
    since("v6.16", holds(), source="ddd05742b45b"),
)


@setup(cpu=1)
def process() -> None:
    """Store to a large folio, give it up, and move it to where two tables meet."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 5, 2, 0)
    sd_store_to_large_folio(5)
    sd_madvise_free(5, 2)
    sys_mremap(5, 2, 3)
    sd_age_memory()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to both pages."""
    sd_user(0, 0b11000)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
