# SPDX-License-Identifier: GPL-2.0-only
"""mremap+swap: a page of fresh memory goes to the swap area while mremap() moves it

A thread stores to fresh memory, another moves it to the next page, and on a third CPU reclaim takes
it out of the page tables, writes it, and frees it.

As in mremap+mkclean, what the first thread stores through its TLB entry of the old place, after the
disk has read the page, is lost. Commit 5d1904204c99 (v4.9) flushes under the page-table lock. Since
d950c9477d51 (v4.3), reclaim flushes whole TLBs before it writes, the old place with them, as other
CPUs use the process.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_use_memory_long_ago
from shootdown.linux.kernel.user import sd_run_in, sd_user
from shootdown.linux.mm.mremap import sys_mremap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "mremap+swap"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 2, "NR_VMAS": 2, "LEVELS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.2", violated("lost_write"), source="D01 / 5d1904204c99"),
    since("v4.3", holds()),
)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and store to it, and then do something else for a while."""
    sd_use_memory_long_ago(record(mm_struct, 0))


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def mover() -> None:
    """Move the memory to the next page."""
    sys_mremap(0, 1, 1)


@task(cpu=2)
def reclaimer() -> None:
    """Free some pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the memory where it was."""
    sd_user(0, 1)
