# SPDX-License-Identifier: GPL-2.0-only
"""planted-swapin-full: a page loses its slot, and nobody says that it must be written

A planted mistake: a page that leaves the swap cache is not marked dirty. The swap area is nearly
full, so a fault that loads gives the slot back that the page came from. Now the page has the only
copy of what it holds, and is clean.
"""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import folio, mm_struct, vm_fault
from shootdown.linux.include.linux.page_flags import folio_test_swapcache
from shootdown.linux.kernel.user import sd_access, sd_swap_out, sd_take_memory

NAME = "planted-swapin-full"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True}
EXPECT = (since("v2.6.39", violated("lost_write"), source="planted"),)


@kernel
def should_try_to_free_swap(vmf: Ref[vm_fault]) -> Bool:
    """Tell whether the folio has a slot, which others need.

    Kernel: mm/memory.c, v6.18
    Context: page and ptl locked
    Deviates: the swap area is nearly full
    """
    return folio_test_swapcache(vmf.page)


@kernel
def folio_set_dirty(folio: Ref[folio]) -> None:
    """Forget it.

    Kernel: include/linux/page-flags.h, v6.18
    Context: folio locked
    Deviates: does nothing
    """


@setup(cpu=0)
def process() -> None:
    """Take fresh memory, store to it, and have it reclaimed."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_swap_out(0)


@task(cpu=0)
def reader() -> None:
    """Load from the page."""
    sd_access(0, False)
