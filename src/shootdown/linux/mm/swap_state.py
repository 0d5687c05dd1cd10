# SPDX-License-Identifier: GPL-2.0-only
"""The swap cache: pages that have a slot, found by it."""

from __future__ import annotations

from shootdown.hw.published import page_flags, page_origin, page_place
from shootdown.lang import (
    NULL,
    Bool,
    Ref,
    atomic,
    index,
    kernel,
    record,
    sleep_until,
    this_task,
    wait_until,
)
from shootdown.linux.include.linux.mm_types import folio, page
from shootdown.linux.include.linux.page_flags import folio_test_swapcache
from shootdown.linux.include.linux.pagemap import folio_put, folio_trylock, folio_unlock
from shootdown.linux.include.linux.preempt import might_sleep
from shootdown.linux.include.linux.swap import EEXIST, swap_slot, swp_entry_t
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.page_io import swap_read_folio
from shootdown.linux.mm.rmap import folio_mapped
from shootdown.linux.mm.swap_lru import folio_add_lru
from shootdown.linux.mm.swapfile import folio_free_swap, put_swap_folio, swapcache_prepare

__all__ = [
    "SWAP_HOMES",
    "__read_swap_cache_async",
    "__swap_cache_del_folio",
    "folio_matches_swap_entry",
    "free_swap_cache",
    "read_swap_cache_async",
    "swap_cache_add_folio",
    "swap_cache_del_folio",
    "swap_cache_get_folio",
    "swapin_readahead",
]

SWAP_HOMES = 128
"""What monitors take slots for begins here; below are the pages of files."""


@kernel
def swap_cache_get_folio(entry: swp_entry_t) -> Ref[folio]:
    """Find the folio that has a slot, and take a reference to it.

    Kernel: mm/swap_state.c, v6.18 (lookup_swap_cache before v5.18)
    Context: any
    Deviates: finding and taking are one step, where the kernel looks again after taking; waits
        while somebody has taken all references, where the kernel tries again
    """
    with atomic():
        folio = record(swap_slot, entry).folio
        if folio is not NULL:
            wait_until(folio._refcount > 0)
            folio._refcount = folio._refcount + 1
        return folio


@kernel
def folio_matches_swap_entry(folio: Ref[folio], entry: swp_entry_t) -> Bool:
    """Tell whether the folio still has the slot.

    Kernel: mm/swap.h, v6.18 (in do_swap_page before)
    Context: folio locked
    Deviates: nothing
    """
    return folio_test_swapcache(folio) and record(page_place, index(folio)).swap == entry


@kernel
def swap_cache_add_folio(folio: Ref[folio], entry: swp_entry_t) -> None:
    """Put a folio into the swap cache, which gets a reference.

    Kernel: mm/swap_state.c, v6.18 (add_to_swap_cache before v6.18)
    Context: folio locked
    Deviates: the lock of the cache is left out; what it protects is one step
    """
    with atomic():
        folio._refcount = folio._refcount + 1
        record(page_flags, index(folio)).swapcache = True
        record(page_place, index(folio)).swap = entry
        record(page_origin, index(folio)).home = SWAP_HOMES + entry
        record(swap_slot, entry).folio = folio


@kernel
def __swap_cache_del_folio(folio: Ref[folio], entry: swp_entry_t) -> None:
    """Hide a folio from those who look for its slot.

    Kernel: mm/swap_state.c, v6.18 (__delete_from_swap_cache before v6.18)
    Context: folio locked
    Deviates: as swap_cache_add_folio()
    """
    with atomic():
        record(swap_slot, entry).folio = NULL
        record(page_flags, index(folio)).swapcache = False
        record(page_place, index(folio)).swap = 0


@kernel
def swap_cache_del_folio(folio: Ref[folio]) -> None:
    """Take a folio out of the swap cache, which gives its reference and maybe the slot back.

    Kernel: mm/swap_state.c, v6.18 (delete_from_swap_cache before v6.18)
    Context: folio locked; caller has a reference
    Deviates: nothing
    """
    entry = record(page_place, index(folio)).swap
    __swap_cache_del_folio(folio, entry)
    put_swap_folio(entry)
    with atomic():
        folio._refcount = folio._refcount - 1


@kernel
def free_swap_cache(folio: Ref[folio]) -> None:
    """Take a folio out of the swap cache that is not mapped any more.

    Kernel: mm/swap_state.c, v6.18
    Context: any
    Deviates: nothing
    """
    if folio_test_swapcache(folio) and not folio_mapped(folio) and folio_trylock(folio):
        folio_free_swap(folio)
        folio_unlock(folio)


@kernel
def swapin_readahead(entry: swp_entry_t) -> Ref[folio]:
    """Read a page from the swap area; return it with a reference, or NULL if the slot is free.

    Kernel: mm/swap_state.c, v6.18
    Context: may sleep
    Deviates: reads no pages around it
    """
    return read_swap_cache_async(entry)


@kernel
def read_swap_cache_async(entry: swp_entry_t) -> Ref[folio]:
    """Read a page from the swap area, unless somebody has; return it with a reference.

    Kernel: mm/swap_state.c, v6.18
    Context: may sleep
    Deviates: the page is read when this returns, where the kernel only begins to
    """
    folio = __read_swap_cache_async(entry)
    if folio is not NULL and folio.PG_locked == this_task() + 1:
        swap_read_folio(folio)
    return folio


@kernel
def __read_swap_cache_async(entry: swp_entry_t) -> Ref[folio]:
    """Find the page of a slot in the swap cache, or put a fresh one there, locked.

    Kernel: mm/swap_state.c, v6.18
    Context: may sleep
    Deviates: does not first ask whether the slot is in use; waits for whoever else is about to put
        a page there, or to take it away, where the kernel tries again after a while; tells that the
        page is fresh by its lock
    """
    fresh: Ref[page] = NULL
    found: Ref[page] = NULL
    while True:
        found = swap_cache_get_folio(entry)
        if found is not NULL:
            break
        if fresh is NULL:
            fresh = alloc_page()
        err = swapcache_prepare(entry)
        if err == 0:
            fresh.PG_locked = this_task() + 1
            swap_cache_add_folio(fresh, entry)
            folio_add_lru(fresh)
            return fresh
        if err != -EEXIST:
            break
        might_sleep()
        with atomic():
            slot = record(swap_slot, entry)
            sleep_until(slot.folio is not NULL or not slot.has_cache)
    if fresh is not NULL:
        folio_put(fresh)
    return found
