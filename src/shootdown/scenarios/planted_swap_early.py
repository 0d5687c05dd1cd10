# SPDX-License-Identifier: GPL-2.0-only
"""planted-swap-early: swap-in gives the slot back before it has read it

A planted mistake: the fault counts its entry less, which gives the slot back, and then reads it.
Whoever takes the slot in between overwrites what the page had.
"""

from __future__ import annotations

from shootdown.hw.disk import hw_read_block
from shootdown.lang import Ref, index, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pte_lockptr,
    pte_t,
    pte_unmap_unlock,
    set_pte_at,
)
from shootdown.linux.include.linux.mm_types import mm_struct, vm_fault
from shootdown.linux.include.linux.swapops import pte_to_swp_entry
from shootdown.linux.kernel.user import sd_access, sd_swap_out, sd_take_memory
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_anon import folio_add_anon_rmap_pte
from shootdown.linux.mm.swapfile import swap_free

NAME = "planted-swap-early"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 1, "NR_FILE_PAGES": 2}
CONFIG = {"CONFIG_SWAP": True}
EXPECT = (since("v2.6.39", violated("lost_write"), source="planted"),)


@kernel
def do_swap_page(vmf: Ref[vm_fault]) -> None:
    """Give the slot back, read it, and map the page.

    Kernel: mm/memory.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: in this order; no swap cache
    """
    entry = pte_to_swp_entry(vmf.orig_pte)
    fresh = alloc_page()
    swap_free(entry)
    hw_read_block(index(fresh), entry)
    pte = pte_offset_map_lock(vmf.pmd, vmf.address)
    folio_add_anon_rmap_pte(fresh, vmf.vma, vmf.address)
    set_pte_at(pte, pte_t(present=True, accessed=True, pfn=index(fresh)))
    pte_unmap_unlock(pte_lockptr(pte))


@setup(cpu=0)
def process() -> None:
    """Have a page in the swap area."""
    sd_take_memory(record(mm_struct, 0), 2)
    sd_access(0, True)
    sd_swap_out(0)


@task(cpu=0)
def reader() -> None:
    """Need the page again."""
    sd_access(0, False)
