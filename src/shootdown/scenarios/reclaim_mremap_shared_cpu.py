# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+mremap-shared-cpu: as reclaim+mremap, with all tasks on one CPU

A task loses its CPU in mremap(), between the move and the flush. A thread of the same process that
reclaims finds the entry in its new place. No other CPU uses the process, so no flush is put off:
that page of the TLB is flushed at once, and the page is freed. A third thread loads from it, where
it was.

So v4.3 does not hide what v3.2 began, as it does where other CPUs are to be flushed. Only
eb66ae030829 (v4.19) ends it. The CPU gets translations only by loads here, which keeps the number
of states small.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_move, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+mremap-shared-cpu"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 2, "LEVELS": 1}
CONFIG = {"RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.2", violated("stale_access")),
    since("v4.19", holds(), source="eb66ae030829"),
)


@setup(cpu=0)
def process() -> None:
    """Load from a page of a file that is mapped, and then turn to something else."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@task(cpu=0)
def reclaimer() -> None:
    """Free the page."""
    try_to_free_pages()


@task(cpu=0, kind="user")
def reader() -> None:
    """Load from the page where it was."""
    sd_user(1, 0)


@task(cpu=0)
def mover() -> None:
    """Move the mapping to the next page."""
    sd_move(0, 1, 1)
