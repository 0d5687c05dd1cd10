# SPDX-License-Identifier: GPL-2.0-only
"""mprotect() before v5.19: it flushes by itself, if it has found anything to change."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Ref, has, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import pgprot_t, vm_get_page_prot
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_range
from shootdown.linux.bounds import PROTNONE
from shootdown.linux.features import MPROTECT_COUNT, MPROTECT_GATHER
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm import MM_CP_PROT_NUMA, cp_flags_t
from shootdown.linux.include.linux.mm_inline import dec_tlb_flush_pending, inc_tlb_flush_pending
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.mm.mprotect import change_protection_range

__all__ = ["change_prot_numa", "change_protection", "sd_change_and_flush"]


@kernel(before=MPROTECT_GATHER)
def change_protection(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    start: vaddr_t,
    end: vaddr_t,
    cp_flags: cp_flags_t,
) -> None:
    """Change the entries of a mapping to what it allows, and flush.

    Kernel: mm/mprotect.c, v5.18
    Context: mmap_lock held for writing; may sleep
    Deviates: vm_page_prot follows from vm_flags, and is not kept; no notifiers
    """
    sd_change_and_flush(vma, start, end, vm_get_page_prot(vma.vm_flags), cp_flags)


@kernel(before=MPROTECT_GATHER)
def change_prot_numa(vma: Ref[vm_area_struct], addr: vaddr_t, end: vaddr_t) -> None:
    """Make the entries of a range inaccessible, and flush.

    Kernel: mm/mempolicy.c, v5.18
    Context: mmap_lock held for reading; may sleep
    Deviates: all pages, also those that are dirty and of a file (until v4.15); entries that are
        inaccessible already are not passed by; before v4.0 the mark is one of its own (_PAGE_NUMA)
    """
    assert PROTNONE
    sd_change_and_flush(vma, addr, end, pgprot_t(), MM_CP_PROT_NUMA)


@kernel
def sd_change_and_flush(
    vma: Ref[vm_area_struct],
    start: vaddr_t,
    end: vaddr_t,
    newprot: pgprot_t,
    cp_flags: cp_flags_t,
) -> None:
    """Change the entries of a range, and flush, unless there are none.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: stands for change_protection_range(), v5.18, commits 7da4d641c58d, 20841405940e
    """
    inc_tlb_flush_pending(vma.vm_mm)
    pages = change_protection_range(NULL, vma, start, end, newprot, cp_flags)
    if pages > 0 or not has(MPROTECT_COUNT):
        flush_tlb_range(vma, start, end)
    dec_tlb_flush_pending(vma.vm_mm)
