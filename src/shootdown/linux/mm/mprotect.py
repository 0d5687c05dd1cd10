# SPDX-License-Identifier: GPL-2.0-only
"""The system call mprotect(): a mapping allows less than before, or more."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, LEVELS, NR_VPN, vaddr_t
from shootdown.hw.events import permission_begun, permission_done
from shootdown.lang import (
    NULL,
    Bool,
    Ptr,
    Ref,
    atomic,
    has,
    index,
    kernel,
    local,
    record,
    replace,
    span,
    this_cpu,
)
from shootdown.linux.arch.x86.include.asm.pgtable import (
    PMD_SIZE,
    p4d_addr_end,
    p4d_none_or_clear_bad,
    p4d_offset,
    pgd_addr_end,
    pgd_none_or_clear_bad,
    pgd_offset,
    pgd_t,
    pgprot_t,
    pmd_addr_end,
    pmd_none,
    pmd_offset,
    pmd_t,
    pmd_trans_huge,
    pmdp_get,
    pte_lockptr,
    pte_modify,
    pte_present,
    pte_protnone,
    pte_t,
    pte_unmap_unlock,
    ptep_get,
    ptep_modify_prot_commit,
    ptep_modify_prot_start,
    pud_addr_end,
    pud_none_or_clear_bad,
    pud_offset,
    vm_get_page_prot,
)
from shootdown.linux.arch.x86.include.asm.tlbflush import pte_needs_flush
from shootdown.linux.bounds import PROTNONE
from shootdown.linux.features import MPROTECT_FLUSH_DEMOTED, MPROTECT_GATHER
from shootdown.linux.include.asm_generic.tlb import mmu_gather, tlb_end_vma, tlb_flush_pte_range
from shootdown.linux.include.linux.mm import MM_CP_TRY_CHANGE_WRITABLE, cp_flags_t
from shootdown.linux.include.linux.mm_types import (
    VM_READ,
    VM_WRITE,
    mm_struct,
    task_struct,
    vm_area_struct,
    vm_flags_t,
)
from shootdown.linux.include.linux.mmap_lock import mmap_write_lock, mmap_write_unlock
from shootdown.linux.include.linux.pgtable import pmd_trans_unstable
from shootdown.linux.mm.huge_memory_change import change_huge_pmd
from shootdown.linux.mm.mmu_gather import tlb_finish_mmu, tlb_gather_mmu
from shootdown.linux.mm.pgtable_generic import pte_offset_map_lock
from shootdown.linux.mm.rmap_batch import flush_tlb_batched_pending
from shootdown.linux.mm.vma import find_vma

__all__ = [
    "can_change_pte_writable",
    "change_protection",
    "change_protection_range",
    "change_pte_range",
    "do_mprotect_pkey",
    "mprotect_fixup",
    "pages_or_again",
    "sd_change_begins",
    "sd_change_below",
    "sys_mprotect",
]

pages_or_again = Annotated[int, span(-1, NR_VPN)]
"""A number of entries, or -1: somebody was faster."""


@kernel
def sys_mprotect(start: vaddr_t, len: vaddr_t, prot: vm_flags_t) -> None:
    """Let a range of the running task's address space allow `prot`, and nothing else.

    Kernel: mm/mprotect.c, v6.18
    Context: user context, may sleep
    Deviates: nothing
    """
    mm = record(task_struct, this_cpu()).mm
    do_mprotect_pkey(mm, start, start + len, prot)
    allows_loads = prot & (VM_READ | VM_WRITE) != 0
    with atomic():
        permission_done(index(mm.pgd), start, start + len, allows_loads, prot & VM_WRITE != 0)


@kernel
def sd_change_begins(mm: Ref[mm_struct], start: vaddr_t, end: vaddr_t, prot: vm_flags_t) -> None:
    """Tell monitors what the call allows, and what it takes away.

    Kernel: none
    Context: mmap_lock held for writing
    Deviates: does nothing
    """
    allows_loads = prot & (VM_READ | VM_WRITE) != 0
    assert PROTNONE or allows_loads
    with atomic():
        permission_begun(index(mm.pgd), start, end, allows_loads, prot & VM_WRITE != 0)


@kernel
def do_mprotect_pkey(mm: Ref[mm_struct], start: vaddr_t, end: vaddr_t, prot: vm_flags_t) -> None:
    """Change what a range allows, and flush.

    Kernel: mm/mprotect.c, v6.18, commit 4a18419f71cd (sys_mprotect before v4.9)
    Context: may sleep
    Deviates: the range is that of one mapping, which is not split; no protection keys
    """
    tlb = local(mmu_gather)
    mmap_write_lock(mm)
    vma = find_vma(mm, start)
    if vma is not NULL:
        sd_change_begins(mm, start, end, prot)
        if has(MPROTECT_GATHER):
            tlb_gather_mmu(tlb, mm)
        mprotect_fixup(tlb, vma, start, end, prot)
        if has(MPROTECT_GATHER):
            tlb_finish_mmu(tlb)
    mmap_write_unlock(mm)


@kernel
def mprotect_fixup(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    start: vaddr_t,
    end: vaddr_t,
    newflags: vm_flags_t,
) -> None:
    """Change what a mapping allows, for faults to come and for the entries that are there.

    Kernel: mm/mprotect.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: the mapping is not split; the lock of the mapping itself; accounting; nothing is
        faulted in that becomes writable (VM_LOCKED)
    """
    if newflags == vma.vm_flags:
        return
    vma.vm_flags = newflags
    cp_flags = MM_CP_TRY_CHANGE_WRITABLE if newflags & VM_WRITE != 0 else 0
    change_protection(tlb, vma, start, end, cp_flags)


@kernel
def change_protection(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    start: vaddr_t,
    end: vaddr_t,
    cp_flags: cp_flags_t,
) -> None:
    """Change the entries of a mapping to what it allows.

    Kernel: mm/mprotect.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: vm_page_prot follows from vm_flags, and is not kept; no notifiers
    """
    change_protection_range(tlb, vma, start, end, vm_get_page_prot(vma.vm_flags), cp_flags)


@kernel
def change_protection_range(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    addr: vaddr_t,
    end: vaddr_t,
    newprot: pgprot_t,
    cp_flags: cp_flags_t,
) -> vaddr_t:
    """Change the entries of a range; return how many there are.

    Kernel: mm/mprotect.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: before v5.19 there is no gather
    """
    pages: vaddr_t = 0
    pgd = pgd_offset(vma.vm_mm, addr)
    while addr != end:
        next = pgd_addr_end(addr, end)
        if not pgd_none_or_clear_bad(pgd):
            pages = pages + change_p4d_range(tlb, vma, pgd, addr, next, newprot, cp_flags)
        addr = next
        if addr != end:
            pgd = pgd + 1
    if has(MPROTECT_GATHER):
        tlb_end_vma(tlb, vma)
    return pages


@kernel
def change_p4d_range(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    pgd: Ptr[pgd_t],
    addr: vaddr_t,
    end: vaddr_t,
    newprot: pgprot_t,
    cp_flags: cp_flags_t,
) -> vaddr_t:
    """Change the entries below one entry of the root; return how many there are.

    Kernel: mm/mprotect.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: nothing
    """
    pages: vaddr_t = 0
    p4d = p4d_offset(pgd, addr)
    while addr != end:
        next = p4d_addr_end(addr, end)
        if not p4d_none_or_clear_bad(p4d):
            pages = pages + change_pud_range(tlb, vma, p4d, addr, next, newprot, cp_flags)
        addr = next
        if addr != end:
            p4d = p4d + 1
    return pages


@kernel
def change_pud_range(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    p4d: Ptr[pgd_t],
    addr: vaddr_t,
    end: vaddr_t,
    newprot: pgprot_t,
    cp_flags: cp_flags_t,
) -> vaddr_t:
    """Change the entries below one p4d entry; return how many there are.

    Kernel: mm/mprotect.c, v6.18
    Context: mmap_lock held for writing; may sleep
    Deviates: no huge entries
    """
    pages: vaddr_t = 0
    pud = pud_offset(p4d, addr)
    while addr != end:
        next = pud_addr_end(addr, end)
        if not pud_none_or_clear_bad(pud):
            pages = pages + change_pmd_range(tlb, vma, pud, addr, next, newprot, cp_flags)
        addr = next
        if addr != end:
            pud = pud + 1
    return pages


@kernel
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

    Kernel: mm/mprotect.c, v6.18
    Context: mmap_lock held; may sleep
    Deviates: no huge page is split, so a range has all of it or nothing; does not look after each
        table whether others want the CPU
    """
    pages: vaddr_t = 0
    pmd = pmd_offset(pud, addr)
    while addr != end:
        next = pmd_addr_end(addr, end)
        while LEVELS < 2 or not pmd_none(pmdp_get(pmd)):
            nr = sd_change_below(tlb, vma, pmd, addr, next, newprot, cp_flags)
            if nr >= 0:
                pages = pages + nr
                break
        addr = next
        if addr != end:
            pmd = pmd + 1
    return pages


@kernel
def sd_change_below(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    pmd: Ptr[pmd_t],
    addr: vaddr_t,
    end: vaddr_t,
    newprot: pgprot_t,
    cp_flags: cp_flags_t,
) -> pages_or_again:
    """Change the entries below one pmd entry, and return how many; or -1: look at it again.

    Kernel: none
    Context: mmap_lock held; may sleep
    Deviates: a part of change_pmd_range(); up to v6.4 it gave up instead of looking again
    """
    if CONFIG_TRANSPARENT_HUGEPAGE:
        if pmd_trans_huge(pmdp_get(pmd)):
            nr = change_huge_pmd(tlb, vma, pmd, addr, newprot, cp_flags)
            if nr > 0:
                assert end - addr == PMD_SIZE
                return nr
        if pmd_trans_unstable(pmd):
            return -1
    return change_pte_range(tlb, vma, pmd, addr, end, newprot, cp_flags)


@kernel
def change_pte_range(
    tlb: Ref[mmu_gather],
    vma: Ref[vm_area_struct],
    pmd: Ptr[pmd_t],
    addr: vaddr_t,
    end: vaddr_t,
    newprot: pgprot_t,
    cp_flags: cp_flags_t,
) -> vaddr_t:
    """Change the entries of one table; return how many there are.

    Kernel: mm/mprotect.c, v6.18, commit c9fe66560bf2
    Context: mmap_lock held for writing; may sleep
    Deviates: entries of a folio are changed one by one (together since v6.17); nothing to do for
        swap entries; a table that goes meanwhile, so that all is tried again; watched mappings
        (userfaultfd)
    """
    pages: vaddr_t = 0
    pte = pte_offset_map_lock(pmd, addr)
    ptl = pte_lockptr(pte)
    flush_tlb_batched_pending(vma.vm_mm)
    while True:
        if pte_present(ptep_get(pte)):
            oldpte = ptep_modify_prot_start(pte)
            ptent = pte_modify(oldpte, newprot)
            if cp_flags & MM_CP_TRY_CHANGE_WRITABLE != 0 and can_change_pte_writable(vma, ptent):
                ptent = replace(ptent, write=True)
            ptep_modify_prot_commit(pte, ptent)
            if has(MPROTECT_GATHER):
                if not has(MPROTECT_FLUSH_DEMOTED) or pte_needs_flush(oldpte, ptent):
                    tlb_flush_pte_range(tlb, addr)
            pages = pages + 1
        addr = addr + 1
        if addr == end:
            break
        pte = pte + 1
    pte_unmap_unlock(ptl)
    return pages


@kernel
def can_change_pte_writable(vma: Ref[vm_area_struct], pte: pte_t) -> Bool:
    """Tell whether the next store needs no fault.

    Kernel: mm/mprotect.c, v6.18 (dirty_accountable before v6.0)
    Context: ptl held, the mapping allows stores
    Deviates: pages of no file have one owner; before v6.2 their entries must be dirty, too, and
        before v6.0 they are left to the fault; nobody keeps track of stores
    """
    if pte_protnone(pte):
        return False
    return vma.vm_file is NULL or pte.dirty
