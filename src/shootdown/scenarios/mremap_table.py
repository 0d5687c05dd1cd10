# SPDX-License-Identifier: GPL-2.0-only
"""mremap+table: mremap() moves a page table as a whole while a file is truncated

A thread uses a mapping that has a table for itself, another moves it with the table, and on a third
CPU the file is truncated.

Who moves a table has the lock of pmd entries only. So truncate() may take the page out in its new
place and free it, before mremap() has flushed the old one. Or it has looked the table up by the old
place, takes the page out after the move, and flushes the old place, while the first thread uses the
new one. Either way that thread goes on with a page that is free. It is known as CVE-2022-41222,
with reclaim in place of truncate().

Entries moved one by one before, which was right since eb66ae030829 (v4.19): see mremap+truncate.
Tables move since 2c91bd4a4e2e (v5.0). Commit 97113eb39fa7 (v5.14) keeps reverse-map walks away
meanwhile, whatever their order.

Up to v6.4, truncate() reads the pmd entry twice, and may find it empty the second time: then it
takes page 0 for a table, and whatever is there for entries. That is the same race, and worse; here,
the second look finds what the first one did.
"""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.hw.memory import entry_at, hw_read_entry
from shootdown.lang import Ptr, at, holds, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.include.asm.pgtable import pmd_t, pte_t
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mremap import sys_mremap

NAME = "mremap+table"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 2, "NR_TABLES": 3, "NR_FILE_PAGES": 2, "NR_PAGES": 2}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.2", violated("stale_access"), source="D02 / eb66ae030829"),
    since("v4.19", holds(), source="eb66ae030829"),
    since("v5.0", violated("stale_access"), source="D03 / 97113eb39fa7"),
    since("v5.14", holds(), source="97113eb39fa7"),
    at("mremap_pmd_rmap_locks^", violated("stale_access"), source="D03 / 97113eb39fa7"),
)


@kernel
def pte_offset_map(pmd: Ptr[pmd_t], address: vaddr_t) -> Ptr[pte_t]:
    """Return the lowest entry for the address.

    Kernel: include/linux/pgtable.h, v5.13
    Context: the table below was there
    Deviates: if it is not there any more, it is the one that was there when the scenario began
    """
    entry = hw_read_entry(pmd)
    return entry_at(entry.pfn if entry.present else 1, address, 1)


@setup(cpu=1)
def process() -> None:
    """Map the two pages of a file, and load from the first."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def mover() -> None:
    """Move the mapping."""
    sys_mremap(0, 2, 2)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the first page, where it was and where it is then."""
    sd_user(0b0101, 0)


@task(cpu=2)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
