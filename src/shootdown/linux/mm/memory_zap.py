# SPDX-License-Identifier: GPL-2.0-only
"""Zapping for others than munmap(), the third part of mm/memory.c: mappings stay, pages go."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import NULL, Ref, has, kernel, local
from shootdown.linux.bounds import NR_FILE_PAGES, NR_VMAS, file_size_t
from shootdown.linux.features import GATHER_ADJUST_RANGE
from shootdown.linux.history.mm.mmu_gather import sd_gather_range
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.fs import i_mmap_lock_read, i_mmap_unlock_read
from shootdown.linux.include.linux.mm_types import address_space, folio, vm_area_struct
from shootdown.linux.mm.memory import unmap_vmas
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu

__all__ = [
    "unmap_mapping_folio",
    "unmap_mapping_pages",
    "unmap_mapping_range",
    "unmap_mapping_range_vma",
    "zap_page_range_single",
]


@kernel
def zap_page_range_single(vma: Ref[vm_area_struct], address: vaddr_t, size: vaddr_t) -> None:
    """Zap a range of one mapping, which stays.

    Kernel: mm/memory.c, v6.18 (zap_page_range before v6.3)
    Context: mmap_lock held, or the lock of the file's mappings; may sleep if the latter may
    Deviates: calls unmap_vmas(), as before v3.4, and not unmap_single_vma(); no notifiers
    """
    tlb = local(mmu_gather)
    end: vaddr_t = address + size
    tlb_gather_mmu(tlb, vma.vm_mm)
    if not has(GATHER_ADJUST_RANGE):
        sd_gather_range(tlb, address, end)
    unmap_vmas(tlb, vma, address, end)
    tlb_finish_mmu(tlb)


@kernel
def unmap_mapping_range(mapping: Ref[address_space], holebegin: file_size_t) -> None:
    """Take the pages of a file from a place on out of its mappings.

    Kernel: mm/memory.c, v6.18
    Context: may sleep
    Deviates: always to the end of the file
    """
    unmap_mapping_pages(mapping, holebegin, NR_FILE_PAGES)


@kernel
def unmap_mapping_folio(folio: Ref[folio]) -> None:
    """Take a page of a file out of its mappings.

    Kernel: mm/memory.c, v6.18 (unmap_mapping_range before v5.13)
    Context: folio locked; may sleep
    Deviates: whatever is mapped in its place is taken out
    """
    pgoff = folio.index
    unmap_mapping_pages(folio.mapping, pgoff, pgoff + 1)


@kernel
def unmap_mapping_pages(mapping: Ref[address_space], first: file_size_t, last: file_size_t) -> None:
    """Take pages of a file out of its mappings, up to `last`.

    Kernel: mm/memory.c, v6.18 (before v4.16: unmap_mapping_range)
    Context: may sleep
    Deviates: a list of mappings and not a tree
    """
    i_mmap_lock_read(mapping)
    for i in range(NR_VMAS):
        vma = mapping.i_mmap[i]
        if vma is not NULL:
            unmap_mapping_range_vma(vma, first, last)
    i_mmap_unlock_read(mapping)


@kernel
def unmap_mapping_range_vma(
    vma: Ref[vm_area_struct], first: file_size_t, last: file_size_t
) -> None:
    """Zap what a mapping has of a range of its file.

    Kernel: mm/memory.c, v6.18 (with unmap_mapping_range_tree)
    Context: the lock of the file's mappings held
    Deviates: nothing
    """
    vba = vma.vm_pgoff
    vea = vba + (vma.vm_end - vma.vm_start)
    zba = first if first > vba else vba
    zea = last if last < vea else vea
    if zba < zea:
        zap_page_range_single(vma, vma.vm_start + (zba - vba), zea - zba)
