# SPDX-License-Identifier: GPL-2.0-only
"""The huge zero page, a part of mm/huge_memory.c: there when wanted, and shrunk away when not.

Its count says who needs it: each address space that has mapped it, and one more while it exists,
which only the shrinker takes away.
"""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import NR_PAGES
from shootdown.hw.published import page_flags
from shootdown.lang import NULL, Bool, Ref, atomic, check, has, index, kernel, record, struct, upto
from shootdown.linux.arch.x86.include.asm.pgtable import pmd_t
from shootdown.linux.bounds import count_t
from shootdown.linux.features import HUGE_ZERO_PFN
from shootdown.linux.include.linux.mm_types import folio, mm_struct
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable
from shootdown.linux.mm.page_alloc import alloc_page

__all__ = [
    "frame_or_0",
    "get_huge_zero_folio",
    "is_huge_zero_folio",
    "is_huge_zero_pmd",
    "mm_get_huge_zero_folio",
    "mm_put_huge_zero_folio",
    "put_huge_zero_folio",
    "sd_huge_zero",
    "sd_set_huge_zero_pfn",
    "shrink_huge_zero_folio_scan",
]

frame_or_0 = Annotated[int, upto(NR_PAGES)]
"""The number of a page, plus one; 0: none."""


@struct(count=1)
class sd_huge_zero:
    """The variables of the huge zero page."""

    huge_zero_folio: Ref[folio]
    huge_zero_pfn: frame_or_0
    huge_zero_refcount: count_t


@kernel
def is_huge_zero_folio(folio: Ref[folio]) -> Bool:
    """Tell whether it is the huge zero page.

    Kernel: include/linux/huge_mm.h, v6.18 (is_huge_zero_page before v6.9)
    Context: any
    Deviates: nothing
    """
    return record(sd_huge_zero, 0).huge_zero_folio == folio


@kernel
def is_huge_zero_pmd(pmd: pmd_t) -> Bool:
    """Tell whether the entry maps the huge zero page.

    Kernel: include/linux/huge_mm.h, v6.18
    Context: any
    Deviates: nothing
    """
    if has(HUGE_ZERO_PFN):
        return pmd.huge == 1 and record(sd_huge_zero, 0).huge_zero_pfn == pmd.pfn + 1
    return pmd.huge == 1 and is_huge_zero_folio(record(folio, pmd.pfn))


@kernel
def sd_set_huge_zero_pfn(folio: Ref[folio]) -> None:
    """Keep the number of the huge zero page, or none.

    Kernel: none
    Context: any
    Deviates: stands for a store to huge_zero_pfn
    """
    record(sd_huge_zero, 0).huge_zero_pfn = index(folio) + 1 if folio is not NULL else 0


@kernel
def get_huge_zero_folio() -> None:
    """Count one user more of the huge zero page, and make it if it is not there.

    Kernel: mm/huge_memory.c, v6.18, commit 97ae17497e99 (get_huge_zero_page before v6.18)
    Context: may sleep
    Deviates: there always is a page
    """
    zero = record(sd_huge_zero, 0)
    while True:
        with atomic():
            is_there = zero.huge_zero_refcount != 0
            if is_there:
                zero.huge_zero_refcount = zero.huge_zero_refcount + 1
        if is_there:
            return
        zero_folio = alloc_page()
        preempt_disable()
        with atomic():
            is_first = zero.huge_zero_folio is NULL
            if is_first:
                zero.huge_zero_folio = zero_folio
                record(page_flags, index(zero_folio)).cached = True
        if is_first:
            if has(HUGE_ZERO_PFN):
                sd_set_huge_zero_pfn(zero_folio)
            with atomic():
                zero.huge_zero_refcount = 2
            preempt_enable()
            return
        preempt_enable()
        folio_put(zero_folio)


@kernel
def put_huge_zero_folio() -> None:
    """Count one user less; the page stays until it is shrunk away.

    Kernel: mm/huge_memory.c, v6.18, commit 97ae17497e99 (put_huge_zero_page before v6.18)
    Context: any
    Deviates: nothing
    """
    zero = record(sd_huge_zero, 0)
    with atomic():
        check(zero.huge_zero_refcount > 1, "double_free")
        zero.huge_zero_refcount = zero.huge_zero_refcount - 1


@kernel
def mm_get_huge_zero_folio(mm: Ref[mm_struct]) -> Ref[folio]:
    """Return the huge zero page, which the address space keeps as long as it has threads.

    Kernel: mm/huge_memory.c, v6.18, commit 6fcb52a56ff6
    Context: may sleep
    Deviates: nothing
    """
    if mm.MMF_HUGE_ZERO_FOLIO:
        return record(sd_huge_zero, 0).huge_zero_folio
    get_huge_zero_folio()
    with atomic():
        had_it = mm.MMF_HUGE_ZERO_FOLIO
        mm.MMF_HUGE_ZERO_FOLIO = True
    if had_it:
        put_huge_zero_folio()
    return record(sd_huge_zero, 0).huge_zero_folio


@kernel
def mm_put_huge_zero_folio(mm: Ref[mm_struct]) -> None:
    """Let an address space without threads need the huge zero page no more.

    Kernel: mm/huge_memory.c, v6.18, commit 6fcb52a56ff6
    Context: nothing is mapped in the address space
    Deviates: nothing
    """
    if mm.MMF_HUGE_ZERO_FOLIO:
        put_huge_zero_folio()


@kernel
def shrink_huge_zero_folio_scan() -> None:
    """Free the huge zero page if nobody needs it.

    Kernel: mm/huge_memory.c, v6.18, commit 97ae17497e99 (shrink_huge_zero_page before v6.18)
    Context: may sleep
    Deviates: does not look at the count first (shrink_huge_zero_folio_count)
    """
    zero = record(sd_huge_zero, 0)
    with atomic():
        is_unused = zero.huge_zero_refcount == 1
        if is_unused:
            zero.huge_zero_refcount = 0
    if is_unused:
        with atomic():
            zero_folio = zero.huge_zero_folio
            zero.huge_zero_folio = NULL
            record(page_flags, index(zero_folio)).cached = False
        if has(HUGE_ZERO_PFN):
            sd_set_huge_zero_pfn(NULL)
        folio_put(zero_folio)
