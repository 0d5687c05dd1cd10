# SPDX-License-Identifier: GPL-2.0-only
"""planted-mremap-unlocked: a page moves against the order, and truncate() is not kept away

A planted mistake: the mapping of a file's second page becomes a part of that of its first page, and
mremap() moves the page there without a lock of the file's mappings. truncate() looks for it in the
grown mapping first, before it is there, and then in the old one, where it is no more. Before v3.0
the lock guards the grown mapping's mark, too, which mremap() takes back.
"""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_new_process, sd_read_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.mremap import sys_mremap

NAME = "planted-mremap-unlocked"
BOUNDS = {
    "MAX_GENERATIONS": 15,
    "NR_CPUS": 3,
    "NR_FILE_PAGES": 2,
    "NR_PAGES": 2,
    "NR_TABLES": 3,
    "NR_VMAS": 2,
}
HARDWARE = {"tlb_walker": (1,)}
EXPECT = (
    since("v2.6.39", violated("guarded_field"), source="planted"),
    since("v3.0", violated("assertion"), source="planted"),
)


@kernel
def take_rmap_locks(vma: Ref[vm_area_struct]) -> None:
    """Keep nobody away.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: takes no lock
    """


@kernel
def drop_rmap_locks(vma: Ref[vm_area_struct]) -> None:
    """Let nobody go on.

    Kernel: mm/mremap.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: drops no lock
    """


@setup(cpu=1)
def process() -> None:
    """Map the two pages of a file apart."""
    sd_read_file(record(address_space, 0))
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 2, 1, 1)
    do_mmap(record(address_space, 0), 0, 1, 0)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=2)
def truncater() -> None:
    """Take the second page away."""
    do_truncate(record(address_space, 0), 1)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from it."""
    sd_user(0b0100, 0)


@task(cpu=0)
def mover() -> None:
    """Put it behind the first one."""
    sys_mremap(2, 1, 1)
