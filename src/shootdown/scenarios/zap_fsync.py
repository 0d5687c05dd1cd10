# SPDX-License-Identifier: GPL-2.0-only
"""zap+fsync: two threads of a process flush at once, for munmap() and for fsync()

One thread gives fresh memory back while another writes a page of a file that the process maps, and
each then stores to what it has flushed. A third uses both pages. So each CPU carries out its own
flush, and is interrupted for the other's in the middle of it. A CPU that has caught up with both
skips what is left to do, and must not skip more than that.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "zap+fsync"
BOUNDS = {"LEVELS": 1, "NR_CPUS": 3, "NR_PAGES": 2, "NR_VMAS": 2}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file, take fresh memory next to it, and store to both."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    do_mmap(NULL, 1, 1, 0)
    sd_access(0, True)
    sd_access(1, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process, and load from the memory."""
    sd_run_in(record(mm_struct, 0))
    sd_access(1, False)


@setup(cpu=2)
def third_thread() -> None:
    """Run in the same process, too."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back, and store to it nevertheless."""
    sys_munmap(1, 1)
    sd_access(1, True)


@task(cpu=1)
def flusher() -> None:
    """Write the page of the file, and store to it again."""
    do_writepages(record(address_space, 0))
    sd_access(0, True)


@task(cpu=2, kind="user")
def user() -> None:
    """Load from the memory and store to the page, until the memory is gone."""
    sd_user(0b10, 0b01)
