# SPDX-License-Identifier: GPL-2.0-only
"""mprotect-none+mkclean: a mapping is made inaccessible while its page is written to the disk

A thread stores to a page of a shared file mapping, another makes the mapping inaccessible, and
writeback cleans the page.

mprotect() makes the entry inaccessible and is about to flush. Writeback takes the entry out to
clean it, and must flush, since the first thread still stores through its TLB. From v3.8 on it
believes that nobody can have cached what allows no access: it does not flush, and what is stored
then is lost.

Commit 20841405940e (v3.13) lets mprotect() tell that it is about to flush. It was written against
the migration of a page that NUMA balancing has made inaccessible; but this is the same mistake.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "mprotect-none+mkclean"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1}
CONFIG = {"PROTNONE": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.8", violated("lost_write"), source="C01 / 20841405940e"),
    since("v3.13", holds(), source="20841405940e"),
)


@setup(cpu=1)
def process() -> None:
    """Map the file, and dirty its page."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until all access is forbidden."""
    sd_user(0, 1)


@task(cpu=0)
def protector() -> None:
    """Let nobody access the mapping."""
    sys_mprotect(0, 1, 0)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
