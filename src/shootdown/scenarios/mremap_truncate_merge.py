# SPDX-License-Identifier: GPL-2.0-only
"""mremap+truncate-merge: a page moves against the order in which truncate() looks for it

A process maps the first page of a file, and the second one elsewhere. A thread moves the second
page next to the first, so that one mapping has both. Another loads from it for the first time, and
on a third CPU the file is truncated to one page.

truncate() unmaps the page before it waits for its lock, and a fault that has the lock may map it
after that; so it looks a second time. It goes through the mappings by their place in the file: the
grown one comes first, where the page is not yet. If the page moved now, truncate() would not find
it in the old one either, and take a page out of the cache that is still mapped.

A copy of a mapping comes after what it was copied from, so whoever misses the page in one place
finds it in the other. When an older mapping grows instead, mremap() keeps truncate() away while it
moves a table's pages: always until 38a76013ad80 (v3.7), and then where the order demands it. It
does not keep it away until its flush, which was too late until eb66ae030829 (v4.19).
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_new_process, sd_read_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.mremap import sys_mremap

NAME = "mremap+truncate-merge"
BOUNDS = {
    "NR_CPUS": 3,
    "NR_PAGES": 2,
    "NR_FILE_PAGES": 2,
    "NR_VMAS": 2,
    "NR_TABLES": 3,
    "MAX_GENERATIONS": 15,
}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.2", violated("stale_access"), source="D02 / eb66ae030829"),
    since("v4.19", holds(), source="38a76013ad80"),
)


@setup(cpu=1)
def process() -> None:
    """Map the first page of a file, and the second one elsewhere."""
    sd_read_file(record(address_space, 0))
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 0, 1, 0)
    do_mmap(record(address_space, 0), 2, 1, 1)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def mover() -> None:
    """Move the second page next to the first one."""
    sys_mremap(2, 1, 1)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the second page, where it was and where it is then."""
    sd_user(0b0110, 0)


@task(cpu=2)
def truncater() -> None:
    """Make the file a page long."""
    do_truncate(record(address_space, 0), 1)
