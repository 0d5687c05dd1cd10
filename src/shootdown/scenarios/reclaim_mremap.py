# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+mremap: a mapping moves while reclaim takes its page

A thread loads from a page of a file, another moves the mapping to the next page.

If reclaim comes first, it takes the entry out and puts the flush off. There is no entry to move
then, and none to unmap where it was. Up to v4.18 mremap() flushes the old place in any case; since
then what it has moved, and since 3ea277194daa (v4.13) also what reclaim has put off.

If mremap() comes first, reclaim finds the entry in its new place. From v3.2 on mremap() flushes the
old place later and without a lock. Reclaim flushes the new place and frees the page, while the
thread still loads from the old one: what truncate() does in mremap+truncate. From v4.3 on reclaim
flushes everything at once before it frees, if other CPUs use the process, and so hides that until
mremap() is right; reclaim+mremap-shared-cpu shows it.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_move, sd_run_in, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+mremap"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 2, "LEVELS": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.2", violated("stale_access")),
    since("v4.3", holds(), source="72b252aed506"),
)


@setup(cpu=1)
def process() -> None:
    """Load from a page of a file that is mapped, and then turn to something else."""
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
    """Load from the page where it was."""
    sd_user(1, 0)


@task(cpu=2)
def mover() -> None:
    """Move the mapping to the next page."""
    sd_move(0, 1, 1)
