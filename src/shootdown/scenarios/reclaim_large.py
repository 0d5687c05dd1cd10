# SPDX-License-Identifier: GPL-2.0-only
"""reclaim-large: reclaim frees a large folio of a file that a thread uses

Reclaim puts the flush of a clean folio off, and frees what it has taken when all is flushed. But a
folio of several pages did not go to the list of those: it was given back at once. A thread that
still has it in its TLB reads, or runs, what is next in that memory.

Commit bc2ff4cbc329 (v6.9) lets all folios go the same way. In 2026 somebody found the cause of
crashes at random addresses in this, and kernels from v5.15 to v6.6 were to flush before. Folios
of files are large since v5.18; huge pages that go to the swap area undivided were, since v4.14.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim-large"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_PAGES": 2, "PAGEVEC_SIZE": 1}
CONFIG = {"READ_BACK": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.14", violated("stale_access"), source="bc2ff4cbc329"),
    since("v6.9", holds(), source="bc2ff4cbc329"),
)


@setup(cpu=1)
def process() -> None:
    """Map a large folio of a file and run what is in it; then do something else for a while."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    record(address_space, 0).i_pages[0].PG_head = True
    sd_access(0, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free the folio."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Run what is in it again."""
    sd_user(1, 0)
