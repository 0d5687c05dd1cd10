# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+free-huge: MADV_DONTNEED passes by a huge page that MADV_FREE has in its hands

As dontneed+numa-huge, with MADV_FREE in the place of NUMA balancing: it takes the entry of the huge
page out, and puts it back clean. A call of MADV_DONTNEED may come and go in between. Nobody
needs to use the page for that to be wrong: it is back, with what was in it.

MADV_FREE splits huge pages up to v4.4; commit 58ceeb6bec86 (v4.11) keeps the entry.
"""

from __future__ import annotations

from shootdown.lang import absent, at, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sd_madvise_free, sys_madvise

NAME = "dontneed+free-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", violated("protection"), source="C05 / 58ceeb6bec86"),
    at("huge_free_invalidated^", violated("protection"), source="C05 / 58ceeb6bec86"),
    at("huge_free_invalidated", holds(), source="58ceeb6bec86"),
    since("v4.11", holds(), source="58ceeb6bec86"),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, as large as a huge page, and store to it."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def disowner() -> None:
    """Say that the huge page is not needed."""
    sd_madvise_free(0, 2)


@task(cpu=1)
def adviser() -> None:
    """Give the huge page back."""
    sys_madvise(0, 2)
