# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+many: a task that needs memory unmaps several pages that several CPUs use

The figures of `shootdown show unmap_batch` and `shootdown show defer_writable_flush` are those of
this reclaim when nobody comes in between. Two CPUs use four pages, of which two are dirty and stay.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+many"
BOUNDS = {
    "NR_CPUS": 3,
    "NR_PAGES": 4,
    "NR_FILE_PAGES": 4,
    "LEVELS": 1,
    "PTRS_PER_TABLE": 4,
    "NR_VMAS": 1,
    "SWAP_CLUSTER_MAX": 4,
}
CONFIG = {"RECLAIM": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a file of four pages and store to two."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)
    sd_access(1, True)
    sd_access(2, False)
    sd_access(3, False)


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process, and use the pages for a while, too."""
    sd_run_in(record(mm_struct, 0))
    sd_access(3, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Unmap all, and free what is clean."""
    try_to_free_pages()
