# SPDX-License-Identifier: GPL-2.0-only
"""Swap slots: who has one, and when it is given back.

A slot is somebody's as long as an entry says that its page is there, or a page in the swap cache
has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shootdown.hw.disk import hw_alloc_block, hw_free_block
from shootdown.hw.published import page_place
from shootdown.lang import NULL, Bool, Ref, atomic, index, kernel, record
from shootdown.linux.bounds import swap_count_t
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.page_flags import (
    folio_set_dirty,
    folio_test_swapcache,
    folio_test_writeback,
)
from shootdown.linux.include.linux.pagemap import folio_put, folio_trylock, folio_unlock
from shootdown.linux.include.linux.swap import (
    EEXIST,
    ENOENT,
    prepare_result,
    swap_slot,
    swp_entry_or_none,
    swp_entry_t,
)
from shootdown.linux.mm.rmap import folio_mapped

if TYPE_CHECKING:
    from shootdown.linux.mm.swap_state import (
        swap_cache_add_folio,
        swap_cache_del_folio,
        swap_cache_get_folio,
    )

__all__ = [
    "__try_to_reclaim_swap",
    "folio_alloc_swap",
    "folio_free_swap",
    "folio_swapcache_freeable",
    "folio_swapped",
    "free_swap_and_cache",
    "get_swap_page",
    "put_swap_folio",
    "swap_duplicate",
    "swap_free",
    "swapcache_prepare",
]


@kernel
def folio_alloc_swap(folio: Ref[folio]) -> Bool:
    """Give the folio a slot, and put it into the swap cache; tell whether there was one.

    Kernel: mm/swapfile.c, v6.18 (add_to_swap of mm/swap_state.c before v6.16, which also says that
        the folio must be written)
    Context: folio locked; may sleep
    Deviates: the cache never lacks memory
    """
    entry = get_swap_page()
    if entry < 0:
        return False
    swap_cache_add_folio(folio, entry)
    return True


@kernel
def get_swap_page() -> swp_entry_or_none:
    """Take a slot for a page in the swap cache, or return -1.

    Kernel: mm/swapfile.c, v3.15 (stands in folio_alloc_swap since v6.16)
    Context: any
    Deviates: the first one that is free; it is taken and marked in one step
    """
    with atomic():
        entry = hw_alloc_block()
        if entry >= 0:
            record(swap_slot, entry).has_cache = True
        return entry


@kernel
def swap_duplicate(entry: swp_entry_t) -> None:
    """Count an entry that is about to say that its page is in the slot.

    Kernel: mm/swapfile.c, v6.18
    Context: any
    Deviates: the count is never too large
    """
    with atomic():
        slot = record(swap_slot, entry)
        slot.count = slot.count + 1


@kernel
def swapcache_prepare(entry: swp_entry_t) -> prepare_result:
    """Say that a page is going to have the slot that is read into it.

    Kernel: mm/swapfile.c, v6.18
    Context: any
    Deviates: nothing
    """
    with atomic():
        slot = record(swap_slot, entry)
        if slot.has_cache:
            return -EEXIST
        if slot.count == 0:
            return -ENOENT
        slot.has_cache = True
        return 0


@kernel
def swap_free(entry: swp_entry_t) -> swap_count_t:
    """Count an entry less, and give the slot back if nobody needs it; return who is left.

    Kernel: mm/swapfile.c, v6.18 (swap_entry_free before v4.14)
    Context: ptl held
    Deviates: the slot is given back at once, and not kept to be given back with others (v4.11)
    """
    with atomic():
        slot = record(swap_slot, entry)
        slot.count = slot.count - 1
        if slot.count == 0 and not slot.has_cache:
            hw_free_block(entry)
        return slot.count


@kernel
def put_swap_folio(entry: swp_entry_t) -> None:
    """Say that no page in the swap cache has the slot; give it back if nobody needs it.

    Kernel: mm/swapfile.c, v6.18 (swapcache_free before v4.14)
    Context: any
    Deviates: as swap_free()
    """
    with atomic():
        slot = record(swap_slot, entry)
        slot.has_cache = False
        if slot.count == 0:
            hw_free_block(entry)


@kernel
def folio_swapcache_freeable(folio: Ref[folio]) -> Bool:
    """Tell whether the folio is in the swap cache and could leave it.

    Kernel: mm/swapfile.c, v6.18
    Context: folio locked
    Deviates: nothing
    """
    return folio_test_swapcache(folio) and not folio_test_writeback(folio)


@kernel
def folio_swapped(folio: Ref[folio]) -> Bool:
    """Tell whether an entry says that the page is in the folio's slot.

    Kernel: mm/swapfile.c, v6.18
    Context: folio locked, in the swap cache
    Deviates: nothing
    """
    return record(swap_slot, record(page_place, index(folio)).swap).count != 0


@kernel
def folio_free_swap(folio: Ref[folio]) -> Bool:
    """Take a folio that nobody needs there out of the swap cache; tell whether it was one.

    Kernel: mm/swapfile.c, v6.18 (try_to_free_swap before v6.0)
    Context: folio locked
    Deviates: the machine is not being suspended to the disk
    """
    if not folio_swapcache_freeable(folio):
        return False
    if folio_swapped(folio):
        return False
    swap_cache_del_folio(folio)
    folio_set_dirty(folio)
    return True


@kernel
def free_swap_and_cache(entry: swp_entry_t) -> None:
    """Count an entry less that zap takes out, and free its page if only the swap cache has it.

    Kernel: mm/swapfile.c, v6.18 (free_swap_and_cache_nr)
    Context: ptl held
    Deviates: nothing
    """
    if swap_free(entry) == 0:
        __try_to_reclaim_swap(entry)


@kernel
def __try_to_reclaim_swap(entry: swp_entry_t) -> None:
    """Free the page of a slot that no entry needs, if it is in the swap cache and unlocked.

    Kernel: mm/swapfile.c, v6.18 (in free_swap_and_cache before v5.0)
    Context: any
    Deviates: the swap area is never so full that pages that are mapped lose their slots
    """
    folio = swap_cache_get_folio(entry)
    if folio is NULL:
        return
    if folio_trylock(folio):
        if not folio_mapped(folio):
            folio_free_swap(folio)
        folio_unlock(folio)
    folio_put(folio)
