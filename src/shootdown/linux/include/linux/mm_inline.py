# SPDX-License-Identifier: GPL-2.0-only
"""Which list a page is on; and how many are about to flush what they have changed in an mm."""

from __future__ import annotations

from shootdown.lang import Ref, atomic, has, kernel
from shootdown.linux.features import TLB_FLUSH_COUNT, TLB_FLUSH_PENDING
from shootdown.linux.include.linux.list import list_add, list_add_tail, list_del
from shootdown.linux.include.linux.mm_types import folio, mm_struct
from shootdown.linux.include.linux.mmzone import lruvec

__all__ = [
    "__folio_clear_lru_flags",
    "dec_tlb_flush_pending",
    "inc_tlb_flush_pending",
    "lru_to_folio",
    "lruvec_add_folio",
    "lruvec_add_folio_tail",
    "lruvec_del_folio",
]


@kernel
def inc_tlb_flush_pending(mm: Ref[mm_struct]) -> None:
    """Say that a flush will follow: from here on, TLBs may know more than the entries.

    Kernel: include/linux/mm_inline.h, v6.18 (before v4.13: set_tlb_flush_pending)
    Context: ptl not held
    Deviates: nothing
    """
    if has(TLB_FLUSH_COUNT):
        with atomic():
            mm.tlb_flush_pending = mm.tlb_flush_pending + 1
    elif has(TLB_FLUSH_PENDING):
        mm.tlb_flush_pending = 1


@kernel
def dec_tlb_flush_pending(mm: Ref[mm_struct]) -> None:
    """Say that the flush is done.

    Kernel: include/linux/mm_inline.h, v6.18 (before v4.13: clear_tlb_flush_pending)
    Context: ptl not held
    Deviates: nothing
    """
    if has(TLB_FLUSH_COUNT):
        with atomic():
            mm.tlb_flush_pending = mm.tlb_flush_pending - 1
    elif has(TLB_FLUSH_PENDING):
        mm.tlb_flush_pending = 0


@kernel
def lru_to_folio(lruvec: Ref[lruvec]) -> Ref[folio]:
    """Return the page that has been on the list the longest.

    Kernel: include/linux/mm_inline.h, v6.18 (lru_to_page for pages)
    Context: lru_lock held, the list not empty
    Deviates: nothing
    """
    return lruvec.folios[0]


@kernel
def lruvec_add_folio(lruvec: Ref[lruvec], folio: Ref[folio]) -> None:
    """Put a page at the head of its list.

    Kernel: include/linux/mm_inline.h, v6.18 (add_page_to_lru_list before v5.16)
    Context: lru_lock held
    Deviates: active pages are on no list, as nobody takes them from there; those of files, those
        that nobody needs, and all others are on one, and not on two or three; statistics
    """
    if not folio.PG_active:
        list_add(folio, lruvec)


@kernel
def lruvec_add_folio_tail(lruvec: Ref[lruvec], folio: Ref[folio]) -> None:
    """Put a page at the tail of its list.

    Kernel: include/linux/mm_inline.h, v6.18 (add_page_to_lru_list_tail before v5.16)
    Context: lru_lock held
    Deviates: as lruvec_add_folio()
    """
    if not folio.PG_active:
        list_add_tail(folio, lruvec)


@kernel
def lruvec_del_folio(lruvec: Ref[lruvec], folio: Ref[folio]) -> None:
    """Take a page off its list.

    Kernel: include/linux/mm_inline.h, v6.18 (del_page_from_lru_list before v5.16)
    Context: lru_lock held
    Deviates: as lruvec_add_folio()
    """
    if not folio.PG_active:
        list_del(folio, lruvec)


@kernel
def __folio_clear_lru_flags(folio: Ref[folio]) -> None:
    """Forget of a page that nobody refers to that it was on a list.

    Kernel: include/linux/mm_inline.h, v6.18
    Context: lru_lock held
    Deviates: nothing
    """
    folio.PG_lru = False
    folio.PG_active = False
