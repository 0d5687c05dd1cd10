# SPDX-License-Identifier: GPL-2.0-only
"""The page lock, and references to pages, before folios."""

from __future__ import annotations

from shootdown.lang import Bool, Ref, atomic, kernel, sleep_until
from shootdown.linux.include.linux.mm_types import page
from shootdown.linux.include.linux.pagemap import (
    folio_get,
    folio_lock,
    folio_put,
    folio_trylock,
    folio_unlock,
)
from shootdown.linux.include.linux.preempt import might_sleep

__all__ = [
    "get_page",
    "lock_page",
    "put_page",
    "trylock_page",
    "unlock_page",
    "wait_on_page_locked",
]


@kernel
def lock_page(page: Ref[page]) -> None:
    """Lock the page.

    Kernel: include/linux/pagemap.h, v3.15
    Context: may sleep
    Deviates: waiters have no order
    """
    folio_lock(page)


@kernel
def trylock_page(page: Ref[page]) -> Bool:
    """Lock the page if nobody has, and tell whether that is so.

    Kernel: include/linux/pagemap.h, v3.15
    Context: any
    Deviates: nothing
    """
    return folio_trylock(page)


@kernel
def unlock_page(page: Ref[page]) -> None:
    """Unlock the page.

    Kernel: mm/filemap.c, v3.15
    Context: page locked
    Deviates: only who has locked it may unlock it
    """
    folio_unlock(page)


@kernel
def wait_on_page_locked(page: Ref[page]) -> None:
    """Wait for a moment at which the page is not locked.

    Kernel: include/linux/pagemap.h, v3.15
    Context: may sleep
    Deviates: the first look, which spares might_sleep() if the page is unlocked, is left out
    """
    might_sleep()
    with atomic():
        sleep_until(page.PG_locked == 0)


@kernel
def get_page(page: Ref[page]) -> None:
    """Take one reference more.

    Kernel: include/linux/mm.h, v3.15
    Context: caller has a reference, or knows of one
    Deviates: nothing
    """
    folio_get(page)


@kernel
def put_page(page: Ref[page]) -> None:
    """Give a reference back, and with the last one the page.

    Kernel: mm/swap.c, v3.15
    Context: any
    Deviates: the last reference and the memory go in one step; nobody can come in between
    """
    folio_put(page)
