# SPDX-License-Identifier: GPL-2.0-only
"""Reclaim: pages that were not used lately are unmapped, written if they are dirty, and freed."""

from __future__ import annotations

from enum import IntEnum

from shootdown.hw.bounds import CONFIG_SWAP
from shootdown.hw.events import page_evicted
from shootdown.hw.published import page_flags
from shootdown.lang import NULL, Bool, Ref, atomic, has, index, kernel, local, record, struct
from shootdown.linux.bounds import PAGEVEC_SIZE, RECLAIM, SWAP_CLUSTER_MAX
from shootdown.linux.features import DEFER_WRITABLE_FLUSH, LAZYFREE, PAGEOUT_ANY_AGE, UNMAP_BATCH
from shootdown.linux.include.linux.mm_types import address_space, folio
from shootdown.linux.include.linux.mmzone import lruvec, pglist_data, sd_folio_list
from shootdown.linux.include.linux.page_flags import (
    folio_test_anon,
    folio_test_dirty,
    folio_test_swapcache,
    folio_test_writeback,
)
from shootdown.linux.include.linux.pagemap import (
    folio_ref_freeze,
    folio_ref_unfreeze,
    folio_trylock,
    folio_unlock,
)
from shootdown.linux.include.linux.rmap import TTU_BATCH_FLUSH
from shootdown.linux.include.linux.sched import cond_resched
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.page_alloc import free_unref_page
from shootdown.linux.mm.rmap import folio_mapped
from shootdown.linux.mm.rmap_batch import try_to_unmap_flush, try_to_unmap_flush_dirty
from shootdown.linux.mm.rmap_unmap import folio_referenced, try_to_unmap
from shootdown.linux.mm.vmscan_lru import (
    folio_putback_lru,
    isolate_lru_folios,
    move_folios_to_lru,
    sd_list_add,
)
from shootdown.linux.mm.vmscan_swap import sd_has_place, sd_remove_swapped, sd_swap_out_folio

__all__ = [
    "__remove_mapping",
    "balance_pgdat",
    "folio_check_references",
    "folio_references",
    "pageout",
    "pageout_t",
    "reclaim_pages",
    "scan_control",
    "sd_fate",
    "sd_free_later",
    "sd_free_list",
    "sd_list_splice",
    "sd_remove_from_cache",
    "sd_shrink_folio",
    "sd_unmap_folio",
    "sd_write_folio",
    "shrink_folio_list",
    "shrink_inactive_list",
    "shrink_lruvec",
    "try_to_free_pages",
]


@struct
class scan_control:
    """What a reclaimer may do."""

    is_kswapd: Bool
    """It is the node's own thread (current_is_kswapd())."""

    may_writepage: Bool
    ignore_references: Bool
    """Pages that were used lately are not spared. The kernel hands this down besides."""


class folio_references(IntEnum):
    """What becomes of a page by how it was used."""

    FOLIOREF_RECLAIM = 0
    FOLIOREF_RECLAIM_CLEAN = 1
    FOLIOREF_KEEP = 2
    FOLIOREF_ACTIVATE = 3


class pageout_t(IntEnum):
    """How writing a page went."""

    PAGE_KEEP = 0
    PAGE_ACTIVATE = 1
    PAGE_SUCCESS = 2
    PAGE_CLEAN = 3


class sd_fate(IntEnum):
    """What becomes of an isolated page: labels in shrink_folio_list() in the kernel."""

    KEEP = 0
    KEEP_LOCKED = 1
    ACTIVATE_LOCKED = 2
    FREE_IT = 3


@kernel
def try_to_free_pages() -> None:
    """Free some pages for a task that needs one.

    Kernel: mm/vmscan.c, v6.18
    Context: may sleep
    Deviates: one node and one pass over its inactive pages; nobody is throttled
    """
    sc = local(scan_control)
    sc.may_writepage = True
    shrink_lruvec(sc)


@kernel
def balance_pgdat() -> None:
    """Free some pages before somebody needs one.

    Kernel: mm/vmscan.c, v6.18
    Context: kswapd; may sleep
    Deviates: one pass over the node's inactive pages; PGDAT_DIRTY is as the scenario has it
    """
    sc = local(scan_control)
    sc.is_kswapd = True
    sc.may_writepage = True
    shrink_lruvec(sc)


@kernel
def shrink_lruvec(sc: Ref[scan_control]) -> None:
    """Free pages of the lists of a node, or of a group of tasks.

    Kernel: mm/vmscan.c, v6.18, commit b385d21f27d8
    Context: may sleep
    Deviates: one list and one pass; generations of pages (v6.1) are off
    """
    shrink_inactive_list(sc)


@kernel
def shrink_inactive_list(sc: Ref[scan_control]) -> None:
    """Free some of the inactive pages.

    Kernel: mm/vmscan.c, v6.18
    Context: may sleep
    Deviates: one list; interrupts stay on, whose handlers do not take the lock; nobody is throttled
        and no flusher woken
    """
    assert RECLAIM  # Who reclaims says so in his scenario: CONFIG = {"RECLAIM": True}.
    folio_list = local(sd_folio_list)
    lru = record(lruvec, 0)
    spin_lock(lru.lru_lock)
    isolate_lru_folios(SWAP_CLUSTER_MAX, lru, folio_list)
    spin_unlock(lru.lru_lock)
    if folio_list.nr == 0:
        return
    shrink_folio_list(folio_list, sc)
    spin_lock(lru.lru_lock)
    move_folios_to_lru(lru, folio_list)
    spin_unlock(lru.lru_lock)
    sd_free_list(folio_list)


@kernel
def reclaim_pages(folio_list: Ref[sd_folio_list]) -> None:
    """Free pages that are isolated, and put back those that are kept.

    Kernel: mm/vmscan.c, v6.18
    Context: may sleep
    Deviates: one node; reclaim_folio_list() stands here
    """
    sc = local(scan_control)
    sc.may_writepage = True
    sc.ignore_references = has(PAGEOUT_ANY_AGE)
    for i in range(folio_list.nr):
        folio_list.folios[i].PG_active = False
    shrink_folio_list(folio_list, sc)
    for i in range(folio_list.nr):
        folio_putback_lru(folio_list.folios[i])


@kernel
def shrink_folio_list(folio_list: Ref[sd_folio_list], sc: Ref[scan_control]) -> None:
    """Free pages of the list, and leave the others in it.

    Kernel: mm/vmscan.c, v6.18, commit 72b252aed506
    Context: may sleep
    Deviates: statistics; no node to move pages to; no pages that are locked into memory, broken or
        pinned, which are kept after their unmapping, with its flush pending; what goes to the swap
        area is written at once, and not when the list is done; memory groups
    """
    cond_resched()
    free_folios = local(sd_folio_list)
    ret_folios = local(sd_folio_list)
    for i in range(folio_list.nr):
        cond_resched()
        folio = folio_list.folios[i]
        fate = sd_shrink_folio(folio, sc)
        if fate == sd_fate.FREE_IT:
            sd_free_later(free_folios, folio)
        else:
            if fate == sd_fate.ACTIVATE_LOCKED:
                folio.PG_active = True
            if fate != sd_fate.KEEP:
                folio_unlock(folio)
            sd_list_add(ret_folios, folio)
    if has(UNMAP_BATCH):
        try_to_unmap_flush()
    sd_free_list(free_folios)
    sd_list_splice(ret_folios, folio_list)


@kernel
def sd_shrink_folio(folio: Ref[folio], sc: Ref[scan_control]) -> sd_fate:
    """Unmap a page, write it if it is dirty, and take it out of its cache; or say what hinders.

    Kernel: none
    Context: may sleep
    Deviates: the body of the loop of shrink_folio_list(); writeback is never waited for; may always
        unmap; the file system has nothing of its own at a page
    """
    if not folio_trylock(folio):
        return sd_fate.KEEP
    if folio_test_writeback(folio):
        folio.PG_reclaim = True
        return sd_fate.ACTIVATE_LOCKED
    references = folio_references.FOLIOREF_RECLAIM
    if not sc.ignore_references:
        references = folio_check_references(folio)
    fate = sd_unmap_folio(folio, references)
    if fate == sd_fate.FREE_IT and folio_test_dirty(folio):
        fate = sd_write_folio(folio, references, sc)
    if fate != sd_fate.FREE_IT:
        return fate
    if not sd_remove_from_cache(folio):
        return sd_fate.KEEP_LOCKED
    folio_unlock(folio)
    return sd_fate.FREE_IT


@kernel
def sd_unmap_folio(folio: Ref[folio], references: folio_references) -> sd_fate:
    """Unmap a page unless it was used lately, or has no place to go to; tell whether it was.

    Kernel: none
    Context: folio locked; may sleep
    Deviates: a part of the loop of shrink_folio_list(); the swap area is never so full that a page
        loses its slot when it is activated; entries of a large folio are first looked at without
        the lock, which newer kernels do not (TTU_SYNC)
    """
    if references == folio_references.FOLIOREF_ACTIVATE:
        return sd_fate.ACTIVATE_LOCKED
    if references == folio_references.FOLIOREF_KEEP:
        return sd_fate.KEEP_LOCKED
    if CONFIG_SWAP and not sd_has_place(folio):
        return sd_fate.ACTIVATE_LOCKED
    if folio_mapped(folio):
        try_to_unmap(folio, TTU_BATCH_FLUSH)
        if folio_mapped(folio):
            return sd_fate.ACTIVATE_LOCKED
    return sd_fate.FREE_IT


@kernel
def sd_remove_from_cache(folio: Ref[folio]) -> Bool:
    """Take a page out of the page cache or the swap cache; tell whether it could be.

    Kernel: none
    Context: folio locked
    Deviates: __remove_mapping() for folio_mapping(), which may be the swap cache
    """
    if CONFIG_SWAP and folio_test_anon(folio):
        if has(LAZYFREE) and folio.sd_lazyfree:
            return folio_ref_freeze(folio, 1)
        return folio_test_swapcache(folio) and sd_remove_swapped(folio)
    mapping = folio.mapping
    return mapping is not NULL and __remove_mapping(mapping, folio)


@kernel
def sd_write_folio(
    folio: Ref[folio], references: folio_references, sc: Ref[scan_control]
) -> sd_fate:
    """Write a dirty page, if reclaim may, and tell whether it can be freed now.

    Kernel: none
    Context: folio locked; may sleep
    Deviates: a part of the loop of shrink_folio_list(); before v4.11 a page need not have been seen
        dirty before, and before v3.2 every reclaimer writes pages of files; may always enter file
        systems and the swap area, but where vmscan_nested.py has it
    """
    is_seen_twice = folio.PG_reclaim and record(pglist_data, 0).PGDAT_DIRTY
    if folio_is_file_lru(folio) and not (sc.is_kswapd and is_seen_twice):
        folio.PG_reclaim = True
        return sd_fate.ACTIVATE_LOCKED
    if references == folio_references.FOLIOREF_RECLAIM_CLEAN or not sc.may_writepage:
        return sd_fate.KEEP_LOCKED
    if has(DEFER_WRITABLE_FLUSH):
        try_to_unmap_flush_dirty()
    result = pageout(folio)
    if result == pageout_t.PAGE_KEEP:
        return sd_fate.KEEP_LOCKED
    if result == pageout_t.PAGE_ACTIVATE:
        return sd_fate.ACTIVATE_LOCKED
    if result == pageout_t.PAGE_SUCCESS:
        return sd_is_written(folio)
    return sd_fate.FREE_IT


@kernel
def sd_is_written(folio: Ref[folio]) -> sd_fate:
    """Tell whether a page that is being written is so already, and can be freed.

    Kernel: none
    Context: any; the folio is locked on return unless it is to be kept
    Deviates: a part of the loop of shrink_folio_list()
    """
    if folio_test_writeback(folio) or folio_test_dirty(folio):
        return sd_fate.KEEP
    if not folio_trylock(folio):
        return sd_fate.KEEP
    if folio_test_dirty(folio) or folio_test_writeback(folio):
        return sd_fate.KEEP_LOCKED
    return sd_fate.FREE_IT


@kernel
def folio_is_file_lru(folio: Ref[folio]) -> Bool:
    """Tell whether the folio's contents belong to a file, and not to the swap.

    Kernel: include/linux/mm_inline.h, v6.18
    Context: any
    Deviates: no files in memory; a page that MADV_FREE has given up counts as one of no file, where
        the kernel takes it for one of a file
    """
    return folio.mapping is not NULL


@kernel
def folio_check_references(folio: Ref[folio]) -> folio_references:
    """Tell what to do with a page by how it was used since somebody last asked.

    Kernel: mm/vmscan.c, v6.18
    Context: folio locked; may sleep
    Deviates: no locked and no executable mappings
    """
    referenced_ptes = folio_referenced(folio)
    referenced_folio = folio.PG_referenced
    folio.PG_referenced = False
    if referenced_ptes > 0:
        folio.PG_referenced = True
        if referenced_folio or referenced_ptes > 1:
            return folio_references.FOLIOREF_ACTIVATE
        return folio_references.FOLIOREF_KEEP
    if referenced_folio and folio_is_file_lru(folio):
        return folio_references.FOLIOREF_RECLAIM_CLEAN
    return folio_references.FOLIOREF_RECLAIM


@kernel
def pageout(folio: Ref[folio]) -> pageout_t:
    """Write a dirty page, and tell how that went.

    Kernel: mm/vmscan.c, v6.18
    Context: folio locked; may sleep
    Deviates: no files in memory; nothing goes wrong with the disk
    """
    if not is_page_cache_freeable(folio):
        return pageout_t.PAGE_KEEP
    if CONFIG_SWAP and folio_test_swapcache(folio):
        sd_swap_out_folio(folio)
        return pageout_t.PAGE_SUCCESS
    if folio.mapping is NULL:
        return pageout_t.PAGE_KEEP
    return pageout_t.PAGE_ACTIVATE


@kernel
def is_page_cache_freeable(folio: Ref[folio]) -> Bool:
    """Tell whether nobody refers to the folio but the cache and the caller.

    Kernel: mm/vmscan.c, v6.18
    Context: folio isolated
    Deviates: the file system has no reference of its own
    """
    return folio._refcount == 2


@kernel
def __remove_mapping(mapping: Ref[address_space], folio: Ref[folio]) -> Bool:
    """Take a page out of its cache if nobody refers to it and it is clean; tell whether it was.

    The references come first: who has one may make the page dirty, and give it back then.

    Kernel: mm/vmscan.c, v6.18
    Context: folio locked
    Deviates: the cache's lock, which finders do not take; no trace of the page stays (shadow
        entries), nor is the inode told
    """
    if not folio_ref_freeze(folio, 2):
        return False
    if folio_test_dirty(folio):
        folio_ref_unfreeze(folio, 2)
        return False
    with atomic():
        mapping.i_pages[folio.index] = NULL
        folio.mapping = NULL
        record(page_flags, index(folio)).cached = False
        page_evicted(index(folio))
    return True


@kernel
def sd_free_later(free_folios: Ref[sd_folio_list], folio: Ref[folio]) -> None:
    """Note a page that is to be freed when all are flushed; do both if there is no room for more.

    Kernel: none
    Context: may sleep
    Deviates: a part of the loop of shrink_folio_list()
    """
    sd_list_add(free_folios, folio)
    if free_folios.nr == PAGEVEC_SIZE:
        try_to_unmap_flush()
        sd_free_list(free_folios)
        free_folios.nr = 0


@kernel
def sd_free_list(folios: Ref[sd_folio_list]) -> None:
    """Free the pages of a list, to which nobody refers.

    Kernel: none
    Context: any
    Deviates: stands for free_unref_folios()
    """
    for i in range(folios.nr):
        free_unref_page(folios.folios[i])


@kernel
def sd_list_splice(source: Ref[sd_folio_list], target: Ref[sd_folio_list]) -> None:
    """Let a list have the pages of another.

    Kernel: none
    Context: any
    Deviates: stands for list_splice()
    """
    target.nr = source.nr
    for i in range(source.nr):
        target.folios[i] = source.folios[i]
