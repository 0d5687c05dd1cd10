# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+many-kswapd: kswapd writes and frees several pages that several CPUs use

As reclaim+many, but the dirty pages are written: more figures of `shootdown show unmap_batch` and
`shootdown show defer_writable_flush`.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age, sd_under_pressure
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in
from shootdown.linux.mm.vmscan import balance_pgdat

NAME = "reclaim+many-kswapd"
BOUNDS = {
    "SWAP_CLUSTER_MAX": 4,
    "NR_CPUS": 3,
    "NR_FILE_PAGES": 4,
    "NR_PAGES": 4,
    "LEVELS": 1,
    "NR_VMAS": 1,
    "PTRS_PER_TABLE": 4,
}
CONFIG = {"RECLAIM": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a file of four pages and use all, two for stores."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(3, False)
    sd_access(2, False)
    sd_access(1, True)
    sd_access(0, True)


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process; let kswapd write."""
    sd_run_in(record(mm_struct, 0))
    sd_age(record(address_space, 0))
    sd_under_pressure(record(address_space, 0))


@task(cpu=0)
def kswapd() -> None:
    """Write what is dirty, and free all."""
    balance_pgdat()
