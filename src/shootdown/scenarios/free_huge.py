# SPDX-License-Identifier: GPL-2.0-only
"""free-huge: MADV_FREE of a huge page that a thread uses

As free, with a huge page: its entry becomes clean, and what is stored once the call has returned
sets the dirty bit again, as the translation of the huge page has been flushed.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory, sd_user
from shootdown.linux.mm.madvise import sd_madvise_free

NAME = "free-huge"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.5", holds()),
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


@task(cpu=1, kind="user")
def user() -> None:
    """Load from one end of the huge page, and store to the other."""
    sd_user(0b01, 0b10)


@task(cpu=0)
def disowner() -> None:
    """Say that the huge page is not needed."""
    sd_madvise_free(0, 2)
