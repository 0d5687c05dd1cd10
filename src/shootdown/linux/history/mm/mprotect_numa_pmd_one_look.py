# SPDX-License-Identifier: GPL-2.0-only
"""mprotect() and NUMA balancing before v5.6: an entry is looked at twice, also without its lock."""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, vaddr_t
from shootdown.lang import Ptr, Ref, kernel
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    pgd_t,
    pgprot_t,
    pmd_addr_end,
    pmd_offset,
    pmd_trans_huge,
    pmdp_get,
)
from shootdown.linux.features import NUMA_PMD_ONE_LOOK
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm import cp_flags_t
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.include.linux.pgtable import pmd_none_or_clear_bad
from shootdown.linux.mm.huge_memory_change import change_huge_pmd
from shootdown.linux.mm.mprotect import change_pte_range

__all__ = ["change_pmd_range"]


@kernel(before=NUMA_PMD_ONE_LOOK)
def change_pmd_range(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    pud: Ptr[pgd_t],
    addr: vaddr_t,
    end: vaddr_t,
    newprot: pgprot_t,
    cp_flags: cp_flags_t,
) -> vaddr_t:
    """Change the entries of the tables below one pud entry; return how many there are.

    Kernel: mm/mprotect.c, v5.5
    Context: mmap_sem held; may sleep
    Deviates: no huge page is split; does not look after each table whether others want the CPU
        (since v4.15)
    """
    pages: vaddr_t = 0
    pmd = pmd_offset(pud, addr)
    while addr != end:
        next = pmd_addr_end(addr, end)
        nr: vaddr_t = 0
        if CONFIG_TRANSPARENT_HUGEPAGE and pmd_trans_huge(pmdp_get(pmd)):
            nr = change_huge_pmd(tlb, vma, pmd, addr, newprot, cp_flags)
            assert nr == 0 or next - addr == PMD_SIZE
        if nr == 0 and not pmd_none_or_clear_bad(pmd):
            nr = change_pte_range(tlb, vma, pmd, addr, next, newprot, cp_flags)
        pages = pages + nr
        addr = next
        if addr != end:
            pmd = pmd + 1
    return pages
