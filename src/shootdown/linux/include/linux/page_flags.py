# SPDX-License-Identifier: GPL-2.0-only
"""Flags of a page: each test or change is one step, as the kernel's bit operations are."""

from __future__ import annotations

from shootdown.hw.events import page_cleaned, page_dirtied
from shootdown.hw.published import page_flags
from shootdown.lang import NULL, Bool, Ref, atomic, index, kernel, record
from shootdown.linux.include.linux.mm_types import folio

__all__ = [
    "folio_set_dirty",
    "folio_set_lru",
    "folio_test_anon",
    "folio_test_clear_dirty",
    "folio_test_clear_lru",
    "folio_test_dirty",
    "folio_test_large",
    "folio_test_lru",
    "folio_test_set_dirty",
    "folio_test_swapcache",
    "folio_test_writeback",
]


@kernel
def folio_test_dirty(folio: Ref[folio]) -> Bool:
    """Tell whether the folio is to be written.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    return record(page_flags, index(folio)).dirty


@kernel
def folio_test_writeback(folio: Ref[folio]) -> Bool:
    """Tell whether the folio is being written.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    return record(page_flags, index(folio)).writeback


@kernel
def folio_test_anon(folio: Ref[folio]) -> Bool:
    """Tell whether the folio is of no file.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: a page that has left its file counts, too
    """
    return folio.mapping is NULL


@kernel
def folio_test_swapcache(folio: Ref[folio]) -> Bool:
    """Tell whether the folio is in the swap cache.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    return record(page_flags, index(folio)).swapcache


@kernel
def folio_test_large(folio: Ref[folio]) -> Bool:
    """Tell whether the folio has several pages.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    return folio.PG_head


@kernel
def folio_test_lru(folio: Ref[folio]) -> Bool:
    """Tell whether the folio is on a list of reclaim.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    return folio.PG_lru


@kernel
def folio_set_lru(folio: Ref[folio]) -> None:
    """Say that the folio is on a list of reclaim, or about to be.

    Kernel: include/linux/page-flags.h, v6.18
    Context: lru_lock held
    Deviates: nothing
    """
    folio.PG_lru = True


@kernel
def folio_test_clear_lru(folio: Ref[folio]) -> Bool:
    """Claim the folio, if nobody else has, to take it off its list; tell whether that is so.

    Kernel: include/linux/page-flags.h, v6.18
    Context: caller has a reference
    Deviates: nothing
    """
    with atomic():
        was_listed = folio.PG_lru
        folio.PG_lru = False
        return was_listed


@kernel
def folio_set_dirty(folio: Ref[folio]) -> None:
    """Set the dirty flag.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    folio_test_set_dirty(folio)


@kernel
def folio_test_set_dirty(folio: Ref[folio]) -> Bool:
    """Set the dirty flag, and tell whether it was set.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    with atomic():
        flags = record(page_flags, index(folio))
        was_dirty = flags.dirty
        flags.dirty = True
        page_dirtied(index(folio))
        return was_dirty


@kernel
def folio_test_clear_dirty(folio: Ref[folio]) -> Bool:
    """Clear the dirty flag, and tell whether it was set.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    with atomic():
        flags = record(page_flags, index(folio))
        was_dirty = flags.dirty
        flags.dirty = False
        page_cleaned(index(folio))
        return was_dirty
