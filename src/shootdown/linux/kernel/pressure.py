# SPDX-License-Identifier: GPL-2.0-only
"""What comes before reclaim in a scenario: a file in use, and then out of use."""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES, pfn_t
from shootdown.lang import NULL, Bool, Ref, kernel, record
from shootdown.linux.bounds import NR_FILE_PAGES, RECLAIM
from shootdown.linux.include.linux.mm_types import address_space, mm_struct, page
from shootdown.linux.include.linux.mmzone import pglist_data
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_take_memory
from shootdown.linux.mm.rmap_unmap import try_to_unmap
from shootdown.linux.mm.vmscan import folio_check_references
from shootdown.linux.mm.vmscan_swap import sd_has_place

__all__ = [
    "sd_age",
    "sd_age_memory",
    "sd_under_pressure",
    "sd_unmap_early",
    "sd_use_file_long_ago",
    "sd_use_memory_long_ago",
]


@kernel
def sd_age(mapping: Ref[address_space]) -> None:
    """Let reclaim look at all pages of a file until it takes them for unused.

    Kernel: none
    Context: setup
    Deviates: stands for the passes of reclaim before; one more after it changes no verdict
    """
    assert RECLAIM  # Who reclaims says so in his scenario: CONFIG = {"RECLAIM": True}.
    for pgoff in range(NR_FILE_PAGES):
        folio = mapping.i_pages[pgoff]
        folio_check_references(folio)
        folio_check_references(folio)


@kernel
def sd_age_memory() -> None:
    """Let reclaim look at all pages of no file until it takes them for unused.

    Kernel: none
    Context: setup
    Deviates: stands for the passes of reclaim before; one more after it changes no verdict
    """
    assert RECLAIM  # Who reclaims says so in his scenario: CONFIG = {"RECLAIM": True}.
    for pfn in range(NR_PAGES):
        folio = record(page, pfn)
        if folio.PG_lru and folio.mapping is NULL:
            folio_check_references(folio)
            folio_check_references(folio)


@kernel
def sd_under_pressure(mapping: Ref[address_space]) -> None:
    """Let kswapd write the dirty pages of a file itself.

    Kernel: none
    Context: setup
    Deviates: stands for passes of reclaim that have met dirty pages only
    """
    record(pglist_data, 0).PGDAT_DIRTY = True
    for pgoff in range(NR_FILE_PAGES):
        mapping.i_pages[pgoff].PG_reclaim = True


@kernel
def sd_unmap_early(pfn: pfn_t) -> None:
    """Let reclaim have given a page a slot, and unmapped it, and then not written it.

    Kernel: none
    Context: setup, on the only CPU that uses the address space
    Deviates: stands for a pass of reclaim before
    """
    folio = record(page, pfn)
    assert sd_has_place(folio)
    try_to_unmap(folio, 0)


@kernel
def sd_use_file_long_ago(mm: Ref[mm_struct], mapping: Ref[address_space], is_write: Bool) -> None:
    """Map a file in a new process, load from its first page or store to it, and then leave it.

    Kernel: none
    Context: setup
    Deviates: nothing
    """
    sd_map_file(mm, mapping)
    sd_access(0, is_write)
    sd_age(mapping)


@kernel
def sd_use_memory_long_ago(mm: Ref[mm_struct]) -> None:
    """Take a page of fresh memory in a new process, store to it, and then leave it.

    Kernel: none
    Context: setup
    Deviates: nothing
    """
    sd_take_memory(mm, 1)
    sd_access(0, True)
    sd_age_memory()
