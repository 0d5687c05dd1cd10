# SPDX-License-Identifier: GPL-2.0-only
"""The list of pages: one is put at either end, and taken out from anywhere."""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES
from shootdown.lang import NULL, Ref, kernel
from shootdown.linux.include.linux.mm_types import folio
from shootdown.linux.include.linux.mmzone import lruvec

__all__ = ["list_add", "list_add_tail", "list_del"]


@kernel
def list_add(new: Ref[folio], head: Ref[lruvec]) -> None:
    """Put a page at the head of the list.

    Kernel: include/linux/list.h, v6.18
    Context: lru_lock held
    Deviates: the list has an end; it is too long if a page is on it twice
    """
    head.folios[head.nr] = new
    head.nr = head.nr + 1


@kernel
def list_add_tail(new: Ref[folio], head: Ref[lruvec]) -> None:
    """Put a page at the tail of the list.

    Kernel: include/linux/list.h, v6.18
    Context: lru_lock held
    Deviates: as list_add()
    """
    for i in range(1, NR_PAGES):
        head.folios[NR_PAGES - i] = head.folios[NR_PAGES - i - 1]
    head.folios[0] = new
    head.nr = head.nr + 1


@kernel
def list_del(entry: Ref[folio], head: Ref[lruvec]) -> None:
    """Take a page out of the list.

    Kernel: include/linux/list.h, v6.18
    Context: lru_lock held
    Deviates: a page that is on no list is reported, where the kernel writes to wherever it was last
    """
    is_found = False
    for i in range(NR_PAGES):
        is_found = is_found or head.folios[i] == entry
        if is_found:
            head.folios[i] = head.folios[i + 1] if i + 1 < NR_PAGES else NULL
    assert is_found
    head.nr = head.nr - 1
