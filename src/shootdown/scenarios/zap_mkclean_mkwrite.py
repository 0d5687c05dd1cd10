# SPDX-License-Identifier: GPL-2.0-only
"""zap+mkclean-mkwrite: munmap() against writeback, of a file with a page_mkwrite()

As zap+mkclean, but the file system wants to be asked before a page is stored to. The page is
locked meanwhile, so a write fault and writeback exclude each other; munmap() locks no page.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+mkclean-mkwrite"
BOUNDS = {"NR_VMAS": 2, "NR_CPUS": 3}
CONFIG = {"FS_PAGE_MKWRITE": True}
EXPECT = (
    since("v2.6.39", violated("lost_write"), source="A01 / 1cf35d47712d"),
    since("v3.15", holds(), source="1cf35d47712d"),
)


@setup(cpu=1)
def process() -> None:
    """Map the page and store to it; map it again and load."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)
    do_mmap(record(address_space, 0), 1, 1, 0)
    sd_access(1, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Take the first mapping away."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until it is gone."""
    sd_user(0, 0b01)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
