# SPDX-License-Identifier: GPL-2.0-only
"""Sizes of what the kernel keeps; a scenario sets them as small as its story allows."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import NR_TABLES, NR_VPN
from shootdown.lang import NR_TASKS, bits, bound, option, span, upto

__all__ = [
    "CONFIG_SMP",
    "FS_PAGE_MKWRITE",
    "MMU_GATHER_BUNDLE",
    "NR_FILES",
    "NR_FILE_PAGES",
    "NR_MM",
    "NR_VMAS",
    "TLB_FLUSH_ALL",
    "count_t",
    "flush_end_t",
    "gen_t",
    "mapcount_t",
    "owner_t",
    "pgoff_t",
    "slots_t",
    "table_count",
    "taskmask_t",
    "vma_nr",
]

CONFIG_SMP = option(True, "several CPUs")
FS_PAGE_MKWRITE = option(False, "the file system has a page_mkwrite()")

NR_MM = bound(1, "address spaces")
NR_VMAS = bound(1, "mappings, over all address spaces")
NR_FILES = bound(1, "files")
NR_FILE_PAGES = bound(1, "pages of a file")
MMU_GATHER_BUNDLE = bound(3, "pages that a gather holds (8 in the kernel, before it allocates)")
MAX_GENERATIONS = bound(7, "TLB generations of an address space")
MAX_REFERENCES = bound(7, "references to a page")

TLB_FLUSH_ALL = NR_VPN + 1
"""The end of a flush that has no range."""

owner_t = Annotated[int, upto(NR_TASKS)]
"""The task that owns a lock, plus one; 0: nobody."""

taskmask_t = Annotated[int, bits(NR_TASKS)]
"""A set of tasks, one bit each."""

pgoff_t = Annotated[int, upto(NR_FILE_PAGES - 1)]
"""The number of a page in its file."""

vma_nr = Annotated[int, upto(NR_VMAS)]
"""A number of mappings."""

count_t = Annotated[int, upto(MAX_REFERENCES)]
"""A number of references to a page."""

mapcount_t = Annotated[int, span(-1, NR_VMAS - 1)]
"""A number of entries that map a page, minus one."""

slots_t = Annotated[int, upto(MMU_GATHER_BUNDLE)]
"""A number of pages in a gather."""

flush_end_t = Annotated[int, upto(NR_VPN + 1)]
"""The end of the range of a flush, or TLB_FLUSH_ALL."""

gen_t = Annotated[int, upto(MAX_GENERATIONS)]
"""A TLB generation: how often the translations of an address space have changed."""

table_count = Annotated[int, upto(NR_TABLES)]
"""A number of page tables."""
