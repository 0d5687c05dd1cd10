# SPDX-License-Identifier: GPL-2.0-only
"""The page lock, and references to pages."""

from __future__ import annotations

from shootdown.lang import Bool, Ref, atomic, check, kernel, sleep_until, this_task
from shootdown.linux.bounds import RECLAIM, count_t
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.page_flags import folio_test_lru
from shootdown.linux.include.linux.preempt import might_sleep
from shootdown.linux.mm.page_alloc import free_unref_page
from shootdown.linux.mm.swap_lru import __folio_put

__all__ = [
    "folio_get",
    "folio_lock",
    "folio_put",
    "folio_put_testzero",
    "folio_ref_freeze",
    "folio_ref_unfreeze",
    "folio_try_get",
    "folio_trylock",
    "folio_unlock",
]


@kernel
def folio_lock(folio: Ref[folio]) -> None:
    """Lock the folio.

    Kernel: include/linux/pagemap.h, v6.18
    Context: may sleep
    Deviates: waiters have no order
    """
    might_sleep()
    with atomic():
        sleep_until(folio.PG_locked == 0)
        folio.PG_locked = this_task() + 1


@kernel
def folio_trylock(folio: Ref[folio]) -> Bool:
    """Lock the folio if nobody has, and tell whether that is so.

    Kernel: include/linux/pagemap.h, v6.18
    Context: any
    Deviates: nothing
    """
    with atomic():
        is_free = folio.PG_locked == 0
        if is_free:
            folio.PG_locked = this_task() + 1
        return is_free


@kernel
def folio_unlock(folio: Ref[folio]) -> None:
    """Unlock the folio.

    Kernel: mm/filemap.c, v6.18
    Context: folio locked
    Deviates: only who has locked it may unlock it
    """
    with atomic():
        check(folio.PG_locked == this_task() + 1, "lock_misuse")
        folio.PG_locked = 0


@kernel
def folio_get(folio: Ref[folio]) -> None:
    """Take one reference more.

    Kernel: include/linux/mm.h, v6.18
    Context: caller has a reference, or knows of one
    Deviates: nothing
    """
    with atomic():
        folio._refcount = folio._refcount + 1


@kernel
def folio_put(folio: Ref[folio]) -> None:
    """Give a reference back, and with the last one the folio.

    Kernel: include/linux/mm.h, v6.18
    Context: any
    Deviates: unless the page is on a list, the last reference and the memory go in one step:
        nobody can come in between
    """
    with atomic():
        is_last = folio_put_testzero(folio)
        is_listed = False
        if RECLAIM:
            is_listed = folio_test_lru(folio)
        if is_last and not is_listed:
            free_unref_page(folio)
    if is_last and is_listed:
        __folio_put(folio)


@kernel
def folio_put_testzero(folio: Ref[folio]) -> Bool:
    """Give a reference back; tell whether it was the last.

    Kernel: include/linux/mm.h, v6.18
    Context: any
    Deviates: nothing
    """
    with atomic():
        check(folio._refcount > 0, "double_free")
        folio._refcount = folio._refcount - 1
        return folio._refcount == 0


@kernel
def folio_try_get(folio: Ref[folio]) -> Bool:
    """Take one reference more, unless there is none; tell whether that is so.

    Kernel: include/linux/page_ref.h, v6.18 (get_page_unless_zero for pages)
    Context: any
    Deviates: nothing
    """
    with atomic():
        is_used = folio._refcount > 0
        if is_used:
            folio._refcount = folio._refcount + 1
        return is_used


@kernel
def folio_ref_freeze(folio: Ref[folio], count: count_t) -> Bool:
    """Take all references away if there are so many; tell whether there were.

    Kernel: include/linux/page_ref.h, v6.18
    Context: the caller knows of all these references
    Deviates: nothing
    """
    with atomic():
        is_frozen = folio._refcount == count
        if is_frozen:
            folio._refcount = 0
        return is_frozen


@kernel
def folio_ref_unfreeze(folio: Ref[folio], count: count_t) -> None:
    """Give the references back.

    Kernel: include/linux/page_ref.h, v6.18
    Context: the references are frozen
    Deviates: nothing
    """
    folio._refcount = count
