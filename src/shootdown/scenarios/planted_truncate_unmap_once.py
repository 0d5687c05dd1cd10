# SPDX-License-Identifier: GPL-2.0-only
"""planted-truncate-unmap-once: truncate() does not look again whether its page is mapped

A planted mistake: truncate() takes a page out of its mappings, then locks it and takes it out of
the page cache. A fault that has seen the old size maps it between the two, and it stays so: the
kernel itself objects to a page that leaves the cache while it is mapped.
"""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record, setup, since, task, violated
from shootdown.linux.bounds import file_size_t
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, folio, mm_struct
from shootdown.linux.include.linux.page_flags import folio_test_clear_dirty
from shootdown.linux.kernel.user import sd_map_file, sd_user
from shootdown.linux.mm.memory_zap import unmap_mapping_range
from shootdown.linux.mm.truncate import truncate_inode_pages

NAME = "planted-truncate-unmap-once"
BOUNDS = {"NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("assertion"), source="planted"),)


@kernel
def truncate_pagecache(inode: Ref[address_space], newsize: file_size_t) -> None:
    """Take pages out of mappings, then out of the page cache.

    Kernel: mm/truncate.c, v6.18
    Context: may sleep
    Deviates: does not come back to the mappings
    """
    unmap_mapping_range(inode, newsize)
    truncate_inode_pages(inode, newsize)


@kernel
def truncate_cleanup_folio(folio: Ref[folio]) -> None:
    """Let nobody write the page back.

    Kernel: mm/truncate.c, v6.18
    Context: folio locked; may sleep
    Deviates: does not look whether the page is mapped
    """
    folio_test_clear_dirty(folio)


@setup(cpu=1)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@task(cpu=1, kind="user")
def user() -> None:
    """Load from the page, and store to it."""
    sd_user(1, 1)


@task(cpu=0)
def truncater() -> None:
    """Truncate the file to nothing."""
    do_truncate(record(address_space, 0), 0)
