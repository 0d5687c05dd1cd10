# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+dontneed: MADV_DONTNEED of a page that reclaim has taken out and not flushed yet

A thread loads from a page of a file. Reclaim takes its entry out and puts the flush off. Another
thread gives the page back: MADV_DONTNEED finds no entry, flushes nothing, and returns while the
first thread still loads from the page. The page itself is safe: reclaim flushes before it frees.

Commit 3ea277194daa (v4.13) lets zap flush first where reclaim has put a flush off.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_run_in, sd_user
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+dontneed"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", holds(), source="3ea277194daa"),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and load from it, and then do nothing for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free the page."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=2)
def adviser() -> None:
    """Give the page back."""
    sys_madvise(0, 1)
