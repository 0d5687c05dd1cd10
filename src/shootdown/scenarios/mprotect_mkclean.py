# SPDX-License-Identifier: GPL-2.0-only
"""mprotect+mkclean: a mapping is made read-only while its page is written to the disk

A thread stores to a page of a shared file mapping, another makes the mapping read-only, and
writeback cleans the page.

mprotect() makes the entry read-only and is about to flush. Writeback finds an entry that is
read-only already, while the first thread still stores through its TLB. But the entry is dirty, too:
mprotect() leaves that bit as it is, so writeback flushes.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import VM_READ, address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "mprotect+mkclean"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Store to a page of a file that this process maps."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page as long as possible."""
    sd_user(0, 1)


@task(cpu=0)
def protector() -> None:
    """Let the mapping be loaded from only."""
    sys_mprotect(0, 1, VM_READ)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
