# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+truncate: a file is truncated while reclaim has not flushed yet

A thread stores to a page of a shared file mapping. Reclaim takes its entry out and puts the flush
off, and keeps the page, which is dirty. truncate() finds no entry to take out, so it does not
flush, and returns while the thread still reaches the page that it has taken out of the file.

Commit 3ea277194daa (v4.13) lets zap flush first where reclaim has put a flush off.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+truncate"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", holds(), source="3ea277194daa"),
)


@setup(cpu=1)
def process() -> None:
    """Store to a page of a file that is mapped, and leave it alone for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), True)


@task(cpu=0)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=2)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
