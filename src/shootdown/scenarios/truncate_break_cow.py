# SPDX-License-Identifier: GPL-2.0-only
"""truncate+break-cow: truncate() is asked for the CPU in the middle of a mapping

A process stores to the second page of a private mapping of a file, which is truncated meanwhile.

Before v3.0 truncate() holds a spinlock while it goes through the mappings, and drops it after
ZAP_BLOCK_SIZE pages if somebody waits for it, or another task should run. It marks the mapping with
the address to go on from, and does so: what it does last is to take copies out whose pages have
left the cache, and nobody comes after it.

Here, the count of its walks begins anew each time, and takes the marks of former walks away.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES
from shootdown.hw.memory import is_mapped
from shootdown.lang import atomic, check, holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_map_file, sd_user

NAME = "truncate+break-cow"
BOUNDS = {
    "NR_FILE_PAGES": 2,
    "NR_PAGES": 5,
    "NR_VMAS": 1,
    "LEVELS": 1,
    "MAX_TRUNCATE_COUNT": 1,
    "ZAP_BLOCK_SIZE": 1,
}
CONFIG = {"PRIVATE_FILES": True}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=1)
def process() -> None:
    """Map two pages of a file, privately."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the second one."""
    sd_user(0, 0b10)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty, and look whether anything is mapped."""
    do_truncate(record(address_space, 0), 0)
    with atomic():
        for pfn in range(NR_PAGES):
            check(not is_mapped(pfn, False), "protection")
