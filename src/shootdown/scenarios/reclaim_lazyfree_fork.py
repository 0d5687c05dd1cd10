# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-lazyfree-fork: reclaim puts back a folio of which a part is shared with a child

A process has a large folio of two pages. A child shares the second: so the process may store to the
first, and must copy the second to do so. It says with MADV_FREE that it needs neither.

Reclaim takes both entries out. The process has stored to the first page again in the meantime: so
the folio is needed, and both entries are put back. Since 354dffd29575 (v6.15) that is done for all
of them at once, with the rights of the first. Now the process stores to the second page, too, and
the child loads what it never stored.

29f40594a281 (v7.0) takes entries out together only if all of them allow stores, or none does. Up to
v6.14 each is taken out, and put back, by itself.
"""

from __future__ import annotations

from shootdown.lang import absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.large import sd_fork_page, sd_store_to_large_folio
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_switch_to, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-lazyfree-fork"
BOUNDS = {
    "NR_CPUS": 3,
    "NR_PAGES": 4,
    "FOLIO_PAGES": 2,
    "LEVELS": 1,
    "NR_MM": 2,
    "NR_VMAS": 2,
    "NR_FILE_PAGES": 2,
    "SWAP_CLUSTER_MAX": 1,
}
CONFIG = {"CONFIG_SWAP": True, "ANON_SHARED": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v6.10", holds()),
    since("v6.15", violated("cow_isolation"), source="B10 / 29f40594a281"),
    at("lazyfree_batch", violated("cow_isolation"), source="B10 / 29f40594a281"),
    since("v7.0", holds(), source="29f40594a281"),
)


@setup(cpu=1)
def process() -> None:
    """Store to a large folio, share half of it with a child, give it up, and let it grow old."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_store_to_large_folio(0)
    sd_fork_page(record(mm_struct, 1), 1)
    sd_madvise_free(0, 2)
    sd_age_memory()


@setup(cpu=2)
def child() -> None:
    """Run on another CPU."""
    sd_switch_to(record(mm_struct, 1))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to both pages."""
    sd_user(0, 0b11)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()
