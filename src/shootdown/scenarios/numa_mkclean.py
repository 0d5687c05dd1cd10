# SPDX-License-Identifier: GPL-2.0-only
"""numa+mkclean: NUMA balancing in two threads against writeback

Two threads share a mapping of a file. NUMA balancing makes what they have mapped inaccessible for a
while, to see who uses it: in each thread another part, with mmap_lock held for reading. Writeback
cleans the page that the second thread has stored to, and stores to once more.

Writeback takes the entry out, and does not flush if it was inaccessible, unless somebody says that
a flush is due (20841405940e, v3.13; before v3.8, it always does). That is a flag in the address
space: the second thread, which is through with its part, takes it away, while the first is still
about to flush. What is stored then is lost. Commit 16af97dc5a89 (v4.13) counts who is at work.

Translations come only by loads and stores here.
"""

from __future__ import annotations

from shootdown.hw.access import cpu_access
from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_read_file, sd_run_in
from shootdown.linux.mm.mempolicy import task_numa_work
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "numa+mkclean"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1, "LEVELS": 1}
CONFIG = {"PROTNONE": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", violated("lost_write"), source="C01 / 20841405940e"),
    since("v3.13", violated("lost_write"), source="C03 / 16af97dc5a89"),
    since("v4.13", holds(), source="16af97dc5a89"),
)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and room behind it, and store to the page."""
    sd_read_file(record(address_space, 0))
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 0, 2, 0)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def first_balancer() -> None:
    """Look who uses the page."""
    task_numa_work(0, 1)


@task(cpu=1)
def second_balancer() -> None:
    """Look who uses what is behind the page, and store to the page if no fault hinders."""
    task_numa_work(1, 2)
    cpu_access(0, True)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
