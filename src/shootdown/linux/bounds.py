# SPDX-License-Identifier: GPL-2.0-only
"""Sizes of what the kernel keeps; a scenario sets them as small as its story allows."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import (
    CONFIG_TRANSPARENT_HUGEPAGE,
    FOLIO_PAGES,
    NR_PAGES,
    NR_TABLES,
    NR_VPN,
)
from shootdown.lang import NR_TASKS, bits, bound, option, span, upto

__all__ = [
    "CONFIG_MMU_GATHER_MERGE_VMAS",
    "CONFIG_MMU_GATHER_RCU_TABLE_FREE",
    "CONFIG_SMP",
    "FREE_PTE_NR",
    "FS_PAGE_MKWRITE",
    "HUGE_PAGE_REFUSED",
    "LAZY_TLB",
    "MAX_GATHER_BATCH",
    "MAX_GATHER_BATCH_COUNT",
    "MAX_TABLE_BATCH",
    "MAX_TRUNCATE_COUNT",
    "MMU_GATHER_BUNDLE",
    "NR_FILES",
    "NR_FILE_PAGES",
    "NR_GATHERED",
    "NR_GATHER_BATCHES",
    "NR_MM",
    "NR_VMAS",
    "PAGEVEC_SIZE",
    "PAGE_SHIFT",
    "PMD_SHIFT",
    "PRIVATE_FILES",
    "PROTNONE",
    "READ_BACK",
    "RECLAIM",
    "SWAP_CLUSTER_MAX",
    "TABLE_BATCH_PAGE",
    "TLB_FLUSH_ALL",
    "TLB_FLUSH_BATCH_FLUSHED",
    "TLB_FLUSH_BATCH_PENDING_LARGE",
    "ZAP_BLOCK_SIZE",
    "batch_t",
    "batched_t",
    "count_t",
    "file_size_t",
    "flush_end_t",
    "gen_t",
    "isolated_t",
    "listed_t",
    "mapcount_t",
    "owner_t",
    "pgoff_t",
    "slots_t",
    "stride_t",
    "swap_count_t",
    "table_or_0",
    "table_slots_t",
    "taskmask_t",
    "truncate_count_t",
    "truncate_mark_t",
    "vma_nr",
]

CONFIG_SMP = option(True, "several CPUs")
CONFIG_MMU_GATHER_RCU_TABLE_FREE = option(False, "RCU frees page tables (from v6.15: always)")
CONFIG_MMU_GATHER_MERGE_VMAS = option(True, "one flush for all mappings (on x86: always)")
LAZY_TLB = option(False, "some CPU borrows an address space for a kernel thread")
FS_PAGE_MKWRITE = option(False, "the file system has a page_mkwrite()")
PRIVATE_FILES = option(False, "mappings of files are private")
HUGE_PAGE_REFUSED = option(False, "a huge page may not be had: small ones are mapped then")
RECLAIM = option(False, "some task frees pages that are in use, and finds them on a list")
READ_BACK = option(False, "a page that reclaim has dropped is read from the disk again")
PROTNONE = option(False, "some call makes a mapping inaccessible")

NR_MM = bound(1, "address spaces")
NR_VMAS = bound(1, "mappings, over all address spaces")
NR_FILES = bound(1, "files")
NR_FILE_PAGES = bound(1, "pages of a file")
FREE_PTE_NR = bound(5, "pages that a gather holds before v3.0 (506)")
ZAP_BLOCK_SIZE = bound(7, "pages that zap passes before it looks around, before v3.0 (8 or 1024)")
MAX_TRUNCATE_COUNT = bound(
    7,
    "walks of truncation over a file's mappings before v3.0 until their count begins anew (2**32)",
)
MMU_GATHER_BUNDLE = bound(5, "pages that a gather holds by itself (8)")
MAX_GATHER_BATCH = bound(2, "pages that it holds in a page for more (510)")
MAX_GATHER_BATCH_COUNT = bound(19, "pages for more that it may have (19)")
NR_GATHER_BATCHES = bound(0, "pages for more that a gather gets at most; any may be refused")
MAX_TABLE_BATCH = bound(5, "tables that are freed by RCU together (509)")
TABLE_BATCH_PAGE = bound(1, "a page for such tables: 0 cannot be had, 1 can, 2 either")
PAGEVEC_SIZE = bound(31, "pages that reclaim frees at a time (31)")
SWAP_CLUSTER_MAX = bound(2, "pages that reclaim isolates at a time (32)")
TLB_FLUSH_BATCH_PENDING_LARGE = bound(4, "flushes put off until their count begins anew (16383)")
MAX_GENERATIONS = bound(7, "TLB generations of an address space")
MAX_REFERENCES = bound(7, "references to a page")

PAGE_SHIFT = 0
PMD_SHIFT = 1
"""Strides of a flush: page by page, or huge page by huge page."""

TLB_FLUSH_ALL = NR_VPN + 1
"""The end of a flush that has no range."""

owner_t = Annotated[int, upto(NR_TASKS)]
"""The task that owns a lock, plus one; 0: nobody."""

taskmask_t = Annotated[int, bits(NR_TASKS)]
"""A set of tasks, one bit each."""

pgoff_t = Annotated[int, upto(NR_FILE_PAGES - 1)]
"""The number of a page in its file."""

file_size_t = Annotated[int, upto(NR_FILE_PAGES)]
"""A number of pages of a file."""

vma_nr = Annotated[int, upto(NR_VMAS)]
"""A number of mappings."""

count_t = Annotated[int, upto(MAX_REFERENCES)]
"""A number of references to a page."""

mapcount_t = Annotated[int, span(-1, NR_VMAS * FOLIO_PAGES - 1)]
"""A number of entries that map a page, minus one."""

swap_count_t = Annotated[int, upto(NR_VMAS)]
"""A number of entries that say that a page is in a swap slot."""

batch_t = Annotated[int, upto(NR_GATHER_BATCHES)]
"""The number of a batch of a gather; 0: the one that it has by itself."""

LARGEST_BATCH = MMU_GATHER_BUNDLE if MMU_GATHER_BUNDLE > MAX_GATHER_BATCH else MAX_GATHER_BATCH
NR_BATCHED = MMU_GATHER_BUNDLE + NR_GATHER_BATCHES * LARGEST_BATCH
NR_GATHERED = NR_BATCHED if NR_BATCHED > FREE_PTE_NR else FREE_PTE_NR

slots_t = Annotated[int, upto(NR_GATHERED)]
"""A number of pages in a gather."""

table_or_0 = Annotated[int, upto(NR_TABLES)]
"""The number of a page table, plus one; 0: none."""

table_slots_t = Annotated[int, upto(MAX_TABLE_BATCH)]
"""A number of page tables in a batch."""

stride_t = Annotated[int, upto(PMD_SHIFT if CONFIG_TRANSPARENT_HUGEPAGE else PAGE_SHIFT)]
"""PAGE_SHIFT or PMD_SHIFT."""

flush_end_t = Annotated[int, upto(NR_VPN + 1)]
"""The end of the range of a flush, or TLB_FLUSH_ALL."""

gen_t = Annotated[int, upto(MAX_GENERATIONS)]
"""A TLB generation: how often the translations of an address space have changed."""

TLB_FLUSH_BATCH_FLUSHED = TLB_FLUSH_BATCH_PENDING_LARGE + 2
"""What a flush counts for, beside those put off (2 to the power TLB_FLUSH_BATCH_FLUSHED_SHIFT)."""

batched_t = Annotated[int, upto(TLB_FLUSH_BATCH_FLUSHED * TLB_FLUSH_BATCH_FLUSHED - 1)]
"""How often reclaim has put off a flush of an address space, and up to which it was flushed."""

truncate_count_t = Annotated[int, upto(MAX_TRUNCATE_COUNT)]
"""The number of a walk of truncation over a file's mappings, before v3.0."""

truncate_mark_t = Annotated[int, upto(MAX_TRUNCATE_COUNT + NR_VPN)]
"""The walk that a mapping is done with, or MAX_TRUNCATE_COUNT and the address to go on from."""

listed_t = Annotated[int, upto(NR_PAGES)]
"""A number of pages on the list that reclaim takes pages from."""

isolated_t = Annotated[int, upto(SWAP_CLUSTER_MAX)]
"""A number of pages that reclaim has isolated."""
