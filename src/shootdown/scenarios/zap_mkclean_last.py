# SPDX-License-Identifier: GPL-2.0-only
"""zap+mkclean-last: munmap() against writeback, of a page that is mapped nowhere else

As zap+mkclean, but munmap() takes the page's last mapping. Before it flushes, it lowers the
count of mappings. So page_mapped() is false, and writeback cleans the page without a look at the
page tables and without waiting for their lock; under that lock munmap() is still about to flush.

Flushing under the page-table lock alone does not help here: the count has to go down after the
flush.

The mapping next to it has no pages. It keeps the page table in use.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+mkclean-last"
BOUNDS = {"NR_VMAS": 2, "NR_CPUS": 3}
EXPECT = (
    since("v2.6.39", violated("lost_write"), source="A14 / 5df397dec7c4"),
    since("v6.2", holds(), source="5df397dec7c4"),
)


@setup(cpu=1)
def process() -> None:
    """Map the page and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    do_mmap(NULL, 1, 1, 0)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until it is gone."""
    sd_user(0, 0b01)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))


@task(cpu=0)
def unmapper() -> None:
    """Take the page's only mapping away."""
    sys_munmap(0, 1)
