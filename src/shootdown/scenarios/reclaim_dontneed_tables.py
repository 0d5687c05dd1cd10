# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+dontneed-tables: MADV_DONTNEED forgets a flush that reclaim has put off meanwhile

Two pages of a file lie next to each other, but their entries are in different page tables. Reclaim
takes out the first entry and puts the flush off, and leaves a mark of that. Another thread gives
both pages back. In the first table it sees the mark, flushes, and clears the mark. If reclaim takes
out the second entry after that flush, under the lock of the second table, the mark that it leaves
is cleared as well. In the second table there is no mark then and no entry, so MADV_DONTNEED
returns while a thread still loads from the second page.

Up to v4.12 there is no mark at all. Commit 5ee2fa2f0636 (v5.17) counts what was put off and what
was flushed. The CPU gets translations only by loads here, which keeps the number of states small.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_read_file, sd_run_in, sd_user
from shootdown.linux.mm.madvise import sys_madvise
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+dontneed-tables"
BOUNDS = {
    "NR_CPUS": 3,
    "NR_PAGES": 2,
    "NR_FILE_PAGES": 2,
    "NR_VMAS": 1,
    "NR_TABLES": 3,
}
CONFIG = {"RECLAIM": True}
HARDWARE = {"tlb_walker": ()}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("protection"), source="B03 / 3ea277194daa"),
    since("v4.13", violated("protection"), source="5ee2fa2f0636"),
    since("v5.17", holds(), source="5ee2fa2f0636"),
)


@setup(cpu=1)
def process() -> None:
    """Map two pages on both sides of the end of a table, and load from them."""
    sd_read_file(record(address_space, 0))
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 1, 2, 0)
    sd_access(1, False)
    sd_access(2, False)
    sd_age(record(address_space, 0))


@setup(cpu=2)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free both pages."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the second page."""
    sd_user(0b100, 0)


@task(cpu=2)
def adviser() -> None:
    """Give both pages back."""
    sys_madvise(1, 2)
