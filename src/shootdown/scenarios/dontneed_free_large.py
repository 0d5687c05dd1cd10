# SPDX-License-Identifier: GPL-2.0-only
"""dontneed+free-large: a large folio is taken away from the call that splits it

MADV_FREE meets a large folio that lies in the range in part. It drops the lock of the table to
split it, for which it may have to sleep. Another thread gives the same page back meanwhile, with
MADV_DONTNEED. The first has a reference: so the folio is not freed before the split is done with
it, and is then, by whoever comes last.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct, page
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_take_memory
from shootdown.linux.mm.madvise import sd_madvise_free, sys_madvise

NAME = "dontneed+free-large"
BOUNDS = {"LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", absent()), since("v4.5", holds()))


@setup(cpu=0)
def process() -> None:
    """Store to a large folio of fresh memory."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    record(page, 0).PG_head = True


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def disowner() -> None:
    """Say that the page is not needed."""
    sd_madvise_free(0, 1)


@task(cpu=1)
def adviser() -> None:
    """Give the page back."""
    sys_madvise(0, 1)
