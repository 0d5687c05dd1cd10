# SPDX-License-Identifier: GPL-2.0-only
"""truncate+break-unmap: two walks over the mappings of a file are asked for the CPU

A process stores to the first of two pages of a private mapping of a file, which is truncated. A
third CPU takes the pages out of the mapping for a reason of its own, as network file systems do
when others have changed the file.

Before v3.0 each walk may break off in the middle of the mapping, and marks it with the address to
go on from (see truncate+break-cow). Before that address a fault may bring a copy in again until
the page has left the cache. Nobody but the walk that made the mark may go on from there, so
unmap_mutex lets one be done before the other begins (2aa15890f3c1, "mm: prevent concurrent
unmap_mapping_range() on the same inode").
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES
from shootdown.hw.memory import is_mapped
from shootdown.lang import atomic, check, holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_map_file, sd_user
from shootdown.linux.mm.memory_zap import unmap_mapping_range

NAME = "truncate+break-unmap"
BOUNDS = {
    "NR_CPUS": 3,
    "NR_FILE_PAGES": 2,
    "NR_PAGES": 6,
    "NR_VMAS": 1,
    "LEVELS": 1,
    "ZAP_BLOCK_SIZE": 1,
}
CONFIG = {"PRIVATE_FILES": True}
EXPECT = (since("v2.6.39", holds(), source="2aa15890f3c1"),)


@setup(cpu=1)
def process() -> None:
    """Map two pages of a file, privately."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the first one."""
    sd_user(0, 0b01)


@task(cpu=2)
def unmapper() -> None:
    """Take both out of the mapping."""
    unmap_mapping_range(record(address_space, 0), 0)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty, and look whether anything is mapped."""
    do_truncate(record(address_space, 0), 0)
    with atomic():
        for pfn in range(NR_PAGES):
            check(not is_mapped(pfn, False), "protection")
