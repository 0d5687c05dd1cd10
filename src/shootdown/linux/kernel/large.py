# SPDX-License-Identifier: GPL-2.0-only
"""What comes before in scenarios of large folios: there is one, and a fork shares a part of it."""

from __future__ import annotations

from shootdown.hw.bounds import FOLIO_PAGES, LEVELS, vaddr_t
from shootdown.hw.memory import hw_clear_write
from shootdown.hw.published import page_unit
from shootdown.lang import Ref, index, kernel, new, record, this_cpu
from shootdown.linux.arch.x86.include.asm.pgtable import pte_offset_map, ptep_get, set_pte_at
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm
from shootdown.linux.bounds import RECLAIM
from shootdown.linux.include.linux.mm import page_folio
from shootdown.linux.include.linux.mm_types import mm_struct, page, task_struct, vm_area_struct
from shootdown.linux.include.linux.mmap_lock import (
    mmap_read_lock,
    mmap_read_unlock,
    mmap_write_lock,
    mmap_write_unlock,
)
from shootdown.linux.include.linux.pagemap import folio_get
from shootdown.linux.kernel.user import sd_access, sd_pte_at
from shootdown.linux.mm.memory_fault import sd_alloc_table
from shootdown.linux.mm.mmap import mm_init
from shootdown.linux.mm.mremap import alloc_new_pmd
from shootdown.linux.mm.rmap import folio_add_rmap_pte
from shootdown.linux.mm.rmap_anon import anon_vma_clone
from shootdown.linux.mm.vma import find_vma, vma_link
from shootdown.linux.mm.vmscan_lru import folio_isolate_lru

__all__ = ["sd_fork_page", "sd_store_to_large_folio"]


@kernel
def sd_store_to_large_folio(addr: vaddr_t) -> None:
    """Store to each page of a large folio of fresh memory, which nothing is mapped in place of.

    Kernel: none
    Context: setup; all frames from the first free one on are free
    Deviates: stands for a fault that maps a folio of several pages (alloc_anon_folio, v6.8)
    """
    mm = record(task_struct, this_cpu()).mm
    sd_access(addr, True)
    head = record(page, ptep_get(sd_pte_at(mm, addr)).pfn)
    head.PG_head = True
    for i in range(1, FOLIO_PAGES):
        sd_access(addr + i, True)
        tail = record(page, index(head) + i)
        assert ptep_get(sd_pte_at(mm, addr + i)).pfn == index(tail)
        assert not RECLAIM or folio_isolate_lru(tail)
        tail._refcount = 0
        tail._mapcount = -1
        record(page_unit, index(tail)).rank = i
        folio_get(head)
        folio_add_rmap_pte(head)


@kernel
def sd_fork_page(child: Ref[mm_struct], addr: vaddr_t) -> None:
    """Let a new process have a page that this CPU's process has.

    Kernel: none
    Context: setup, on the only CPU that uses the address space
    Deviates: stands for fork(), with MADV_DONTFORK for all other pages before and MADV_DOFORK after
    """
    mm = record(task_struct, this_cpu()).mm
    mm_init(child)
    mmap_read_lock(mm)
    mmap_write_lock(child)
    vma = find_vma(mm, addr)
    copy = new(vm_area_struct)
    copy.vm_mm = child
    copy.vm_start = addr
    copy.vm_end = addr + 1
    copy.vm_flags = vma.vm_flags
    copy.vm_pgoff = addr - vma.vm_start + vma.vm_pgoff
    anon_vma_clone(copy, vma)
    vma_link(child, copy)
    src_pte = sd_pte_at(mm, addr)
    shared = record(page, ptep_get(src_pte).pfn)
    shared.PG_anon_exclusive = False
    folio_get(page_folio(shared))
    folio_add_rmap_pte(page_folio(shared))
    hw_clear_write(src_pte)
    dst_pmd = alloc_new_pmd(child, addr)
    if LEVELS >= 2:
        sd_alloc_table(child, dst_pmd, 1)
    set_pte_at(pte_offset_map(dst_pmd, addr), ptep_get(src_pte))
    flush_tlb_mm(mm)
    mmap_write_unlock(child)
    mmap_read_unlock(mm)
