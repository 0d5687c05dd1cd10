# SPDX-License-Identifier: GPL-2.0-only
"""Flags of a page before folios."""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel
from shootdown.linux.include.linux.mm_types import page
from shootdown.linux.include.linux.page_flags import (
    folio_test_clear_dirty,
    folio_test_dirty,
    folio_test_set_dirty,
    folio_test_swapcache,
    folio_test_writeback,
)

__all__ = ["PageDirty", "PageSwapCache", "PageWriteback", "TestClearPageDirty", "TestSetPageDirty"]


@kernel
def PageDirty(page: Ref[page]) -> Bool:
    """Tell whether the page is to be written.

    Kernel: include/linux/page-flags.h, v6.18
    Context: any
    Deviates: nothing
    """
    return folio_test_dirty(page)


@kernel
def PageWriteback(page: Ref[page]) -> Bool:
    """Tell whether the page is being written.

    Kernel: include/linux/page-flags.h, v3.15
    Context: any
    Deviates: nothing
    """
    return folio_test_writeback(page)


@kernel
def PageSwapCache(page: Ref[page]) -> Bool:
    """Tell whether the page is in the swap cache.

    Kernel: include/linux/page-flags.h, v3.15
    Context: any
    Deviates: nothing
    """
    return folio_test_swapcache(page)


@kernel
def TestSetPageDirty(page: Ref[page]) -> Bool:
    """Set the dirty flag, and tell whether it was set.

    Kernel: include/linux/page-flags.h, v3.15
    Context: any
    Deviates: nothing
    """
    return folio_test_set_dirty(page)


@kernel
def TestClearPageDirty(page: Ref[page]) -> Bool:
    """Clear the dirty flag, and tell whether it was set.

    Kernel: include/linux/page-flags.h, v3.15
    Context: any
    Deviates: nothing
    """
    return folio_test_clear_dirty(page)
