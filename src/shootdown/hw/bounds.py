# SPDX-License-Identifier: MIT
"""Sizes of the machine, and the integers that they bound.

An address counts pages: PAGE_SHIFT is 0, so an address is the number of a virtual page, and one
table of the lowest level spans `PTRS_PER_TABLE` addresses.
"""

from __future__ import annotations

from typing import Annotated

from shootdown.lang import NR_TASKS, bits, bound, option, span, upto

__all__ = [
    "ANON_SHARED",
    "CONFIG_PREEMPTION",
    "CONFIG_SWAP",
    "CONFIG_TRANSPARENT_HUGEPAGE",
    "FOLIO_PAGES",
    "LEVELS",
    "MULTITASK",
    "NR_BLOCKS",
    "NR_CPUS",
    "NR_LARGE",
    "NR_PAGES",
    "NR_TABLES",
    "NR_VPN",
    "PAGES_MOVE",
    "PTRS_PER_TABLE",
    "below_root",
    "block_or_0",
    "block_or_none",
    "block_t",
    "cpu_id",
    "cpumask_t",
    "folio_pages_t",
    "folio_rank_t",
    "frame_or_none",
    "frame_or_table",
    "huge_nr",
    "huge_t",
    "level_t",
    "pfn_t",
    "preempt_t",
    "slot_t",
    "table_nr",
    "table_or_none",
    "task_nr",
    "vaddr_t",
    "vpn_t",
]

NR_CPUS = bound(2, "CPUs")
NR_PAGES = bound(1, "page frames that hold data")
FOLIO_PAGES = bound(1, "page frames of a large folio of fresh memory; 1: there is none")
NR_TABLES = bound(2, "page frames that hold page tables")
NR_BLOCKS = bound(1, "blocks of the disk for pages of no file")
LEVELS = bound(2, "levels of a page table")
PTRS_PER_TABLE = bound(2, "entries of a page table")
CONFIG_PREEMPTION = option(True, "a task may lose its CPU wherever it holds nothing")
CONFIG_SWAP = option(False, "memory of no file may be on the disk, in a swap area")
MULTITASK = option(False, "some CPU has several tasks; the compiler sets it from the scenario")

ANON_SHARED = option(False, "address spaces may share a page of no file until one stores to it")
PAGES_MOVE = option(False, "some page is copied to another frame, which takes its place")
CONFIG_TRANSPARENT_HUGEPAGE = option(False, "an entry above the lowest may map a huge page")

NR_VPN = PTRS_PER_TABLE**LEVELS
NR_LARGE = NR_VPN // PTRS_PER_TABLE
MOST_FRAMES = NR_PAGES if NR_PAGES > NR_TABLES else NR_TABLES
LARGEST_POOL = NR_BLOCKS if CONFIG_SWAP and NR_BLOCKS > MOST_FRAMES else MOST_FRAMES

cpu_id = Annotated[int, upto(NR_CPUS - 1)]
"""The number of a CPU."""

cpumask_t = Annotated[int, bits(NR_CPUS)]
"""A set of CPUs, one bit each."""

task_nr = Annotated[int, upto(NR_TASKS - 1)]
"""The number of a task."""

vpn_t = Annotated[int, upto(NR_VPN - 1)]
"""The number of a virtual page."""

vaddr_t = Annotated[int, upto(NR_VPN)]
"""An address, or the end of a range of addresses, which may lie just behind the last."""

pfn_t = Annotated[int, upto(NR_PAGES - 1)]
"""The number of a data frame."""

folio_pages_t = Annotated[int, upto(FOLIO_PAGES)]
"""A number of pages of a folio."""

folio_rank_t = Annotated[int, upto(FOLIO_PAGES - 1)]
"""How many pages of a folio come before a page of it."""

table_nr = Annotated[int, upto(NR_TABLES - 1)]
"""The number of a table frame."""

frame_or_table = Annotated[int, upto(LARGEST_POOL - 1)]
"""What an entry points at: a data frame from the lowest level, a table from above.

An entry that is not present is software's: it may name a block of the disk.
"""

huge_t = Annotated[int, upto(1 if CONFIG_TRANSPARENT_HUGEPAGE else 0)]
"""1: an entry maps a huge page."""

huge_nr = Annotated[int, upto(NR_LARGE - 1)]
"""The number of a huge page's worth of addresses, which a table of the lowest level could span."""

slot_t = Annotated[int, upto(PTRS_PER_TABLE - 1)]
"""The position of an entry in its table."""

level_t = Annotated[int, upto(LEVELS)]
"""How far above the data a table stands: 1 maps data frames, LEVELS is the root, 0 is no table."""

below_root = Annotated[int, upto(LEVELS - 1)]
"""The level of a table that is not the root, or 0."""

frame_or_none = Annotated[int, span(-1, NR_PAGES - 1)]
"""The number of a data frame, or -1."""

table_or_none = Annotated[int, span(-1, NR_TABLES - 1)]
"""The number of a table frame, or -1."""

block_t = Annotated[int, upto(NR_BLOCKS - 1)]
"""The number of a block of the disk."""

block_or_0 = Annotated[int, upto(NR_BLOCKS)]
"""The number of a block of the disk, plus one, or 0."""

block_or_none = Annotated[int, span(-1, NR_BLOCKS - 1)]
"""The number of a block of the disk, or -1."""

preempt_t = Annotated[int, upto(7)]
"""How many times a task has disabled preemption."""
