# SPDX-License-Identifier: GPL-2.0-only
"""swapin-full: a page comes back from a swap area that is nearly full

The page of fresh memory was reclaimed long ago. A thread loads from it, and as the swap area is
nearly full, the fault gives the page's slot back at once. The disk has nothing of the page any
more, but nobody has stored to it: so it must be said to be dirty, for reclaim to write it again.
"""

from __future__ import annotations

from shootdown.lang import Bool, Ref, holds, kernel, record, setup, since, task
from shootdown.linux.include.linux.mm_types import mm_struct, vm_fault
from shootdown.linux.include.linux.page_flags import folio_test_swapcache
from shootdown.linux.kernel.user import sd_access, sd_swap_out, sd_take_memory
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "swapin-full"
BOUNDS = {"NR_VMAS": 1, "NR_PAGES": 2}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (since("v2.6.39", holds()),)


@kernel
def should_try_to_free_swap(vmf: Ref[vm_fault]) -> Bool:
    """Tell whether the folio has a slot, which others need.

    Kernel: mm/memory.c, v6.18
    Context: page and ptl locked
    Deviates: the swap area is nearly full
    """
    return folio_test_swapcache(vmf.page)


@setup(cpu=1)
def process() -> None:
    """Take fresh memory, store to it, and have it reclaimed."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_swap_out(0)


@task(cpu=1)
def reader() -> None:
    """Load from the page, now and later."""
    sd_access(0, False)
    sd_access(0, False)


@task(cpu=0)
def reclaimer() -> None:
    """Free pages, twice: the first time, the page may look used."""
    try_to_free_pages()
    try_to_free_pages()
