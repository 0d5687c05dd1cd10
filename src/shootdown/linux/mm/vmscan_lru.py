# SPDX-License-Identifier: GPL-2.0-only
"""How reclaim takes pages off their list and puts them back, the fourth part of mm/vmscan.c.

Who takes a page off has a reference to it, and has cleared its PG_lru: nobody else can take it. Who
gives the last reference back to a page that is on the list takes it off, too; so a page on the list
may have no references any more.
"""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel, record
from shootdown.linux.bounds import isolated_t
from shootdown.linux.include.linux.list import list_add, list_del
from shootdown.linux.include.linux.mm_inline import (
    __folio_clear_lru_flags,
    lru_to_folio,
    lruvec_add_folio,
    lruvec_del_folio,
)
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.mmzone import lruvec, sd_folio_list
from shootdown.linux.include.linux.page_flags import (
    folio_set_lru,
    folio_test_clear_lru,
    folio_test_lru,
)
from shootdown.linux.include.linux.pagemap import (
    folio_get,
    folio_put,
    folio_put_testzero,
    folio_try_get,
)
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock
from shootdown.linux.mm.swap_lru import folio_add_lru

__all__ = [
    "folio_isolate_lru",
    "folio_putback_lru",
    "isolate_lru_folios",
    "move_folios_to_lru",
    "sd_list_add",
]


@kernel
def isolate_lru_folios(
    nr_to_scan: isolated_t, lruvec: Ref[lruvec], dst: Ref[sd_folio_list]
) -> None:
    """Take pages from the tail of the list, and put those that cannot be had at its head.

    Kernel: mm/vmscan.c, v6.18, commit d25b5bd8a8f4
    Context: lru_lock held
    Deviates: one list, and no zones to spare
    """
    for _ in range(nr_to_scan):
        if lruvec.nr == 0:
            return
        folio = lru_to_folio(lruvec)
        list_del(folio, lruvec)
        if sd_isolate(folio):
            sd_list_add(dst, folio)
        else:
            list_add(folio, lruvec)


@kernel
def sd_isolate(folio: Ref[folio]) -> Bool:
    """Take a reference to a page of the list, and claim it; tell whether it could be had.

    Kernel: none
    Context: lru_lock held
    Deviates: a part of the loop of isolate_lru_folios()
    """
    if not folio_test_lru(folio):
        return False
    if not folio_try_get(folio):
        return False
    if not folio_test_clear_lru(folio):
        folio_put(folio)
        return False
    return True


@kernel
def move_folios_to_lru(lruvec: Ref[lruvec], list: Ref[sd_folio_list]) -> None:
    """Put pages back on their list; leave those that nobody refers to any more, to be freed.

    Kernel: mm/vmscan.c, v6.1 (putback_inactive_pages for pages, before that putback_lru_pages)
    Context: lru_lock held
    Deviates: since v6.10 it frees pages itself, without the lock; before v5.11 a page is on the
        list first, and is taken off again if nobody refers to it, which nobody sees
    """
    nr_moved = list.nr
    list.nr = 0
    for i in range(nr_moved):
        folio = list.folios[i]
        folio_set_lru(folio)
        if folio_put_testzero(folio):
            __folio_clear_lru_flags(folio)
            sd_list_add(list, folio)
        else:
            lruvec_add_folio(lruvec, folio)


@kernel
def folio_isolate_lru(folio: Ref[folio]) -> Bool:
    """Claim a page, and take it off its list with a reference; tell whether it was there.

    Kernel: mm/vmscan.c, v6.18
    Context: caller has a reference, or knows of one
    Deviates: nothing
    """
    if not folio_test_clear_lru(folio):
        return False
    folio_get(folio)
    lists = record(lruvec, 0)
    spin_lock(lists.lru_lock)
    lruvec_del_folio(lists, folio)
    spin_unlock(lists.lru_lock)
    return True


@kernel
def folio_putback_lru(folio: Ref[folio]) -> None:
    """Put a page that was isolated back on its list.

    Kernel: mm/vmscan.c, v6.18 (putback_lru_page for pages)
    Context: any
    Deviates: nothing
    """
    folio_add_lru(folio)
    folio_put(folio)


@kernel
def sd_list_add(folios: Ref[sd_folio_list], folio: Ref[folio]) -> None:
    """Put a page at the end of a list.

    Kernel: none
    Context: any
    Deviates: stands for list_add() and folio_batch_add()
    """
    folios.folios[folios.nr] = folio
    folios.nr = folios.nr + 1
