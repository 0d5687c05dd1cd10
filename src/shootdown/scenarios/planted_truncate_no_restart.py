# SPDX-License-Identifier: GPL-2.0-only
"""planted-truncate-no-restart: truncate() goes on where it was when others have had the CPU

A planted mistake: when truncate() has let go of the lock of the file's mappings, it goes on with
the next one, and does not begin with the first again. Meanwhile the one that it was done with has
been unmapped, and another stands in its place. The page leaves the page cache while that one still
maps it.
"""

from __future__ import annotations

from shootdown.lang import NULL, Ref, absent, kernel, record, setup, since, task, violated
from shootdown.linux.bounds import NR_VMAS, file_size_t, truncate_count_t
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.history.mm.memory_zap_no_lockbreak import sd_unmap_mapping_vma
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_new_process, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap

NAME = "planted-truncate-no-restart"
BOUNDS = {"NR_CPUS": 3, "NR_MM": 2, "NR_VMAS": 2, "LEVELS": 1, "ZAP_BLOCK_SIZE": 1}
EXPECT = (
    since("v2.6.39", violated("assertion"), source="planted"),
    since("v3.0", absent(), source="97a894136f29"),
)


@kernel
def unmap_mapping_range_tree(
    mapping: Ref[address_space], first: file_size_t, last: file_size_t, count: truncate_count_t
) -> None:
    """Zap what the mappings have of a range of their file.

    Kernel: mm/memory.c, v2.6.39
    Context: i_mmap_lock held, which may be dropped for a while
    Deviates: goes through the mappings once
    """
    for i in range(NR_VMAS):
        vma = mapping.i_mmap[i]
        if vma is not NULL and vma.vm_truncate_count != count:
            sd_unmap_mapping_vma(vma, first, last, count)


@setup(cpu=2)
def other_process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 1), record(address_space, 0))


@setup(cpu=1)
def process() -> None:
    """Map it in another process."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 0, 1, 0)


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=2)
def unmapper() -> None:
    """Load from it, and unmap it."""
    sd_access(0, False)
    sys_munmap(0, 1)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
