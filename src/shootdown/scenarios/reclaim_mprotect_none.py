# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+mprotect-none: a mapping is made inaccessible while reclaim takes its page

A thread loads from a page of a file. Another makes the mapping inaccessible and is about to flush.
Reclaim takes the entry out. From v3.8 on it believes that nobody can have cached what allows no
access, and does not flush; the page is freed while the first thread still loads from it. Commit
20841405940e (v3.13) lets mprotect() tell that it is about to flush.

Or reclaim comes first, and puts the flush off (v4.3): then mprotect() finds nothing to change, and
returns too early, until 3ea277194daa (v4.13) lets it see that a flush is due.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_run_in, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+mprotect-none"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"PROTNONE": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.8", violated("stale_access"), source="C01 / 20841405940e"),
    since("v3.13", holds(), source="20841405940e"),
    since("v4.3", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", holds(), source="3ea277194daa"),
)


@setup(cpu=1)
def process() -> None:
    """Load from a page of a file that is mapped, and then not touch it for a while."""
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
    """Load from the page until all access is forbidden."""
    sd_user(1, 0)


@task(cpu=2)
def protector() -> None:
    """Let nobody access the mapping."""
    sys_mprotect(0, 1, 0)
