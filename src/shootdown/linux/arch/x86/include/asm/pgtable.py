# SPDX-License-Identifier: GPL-2.0-only
"""Page-table entries and the way down to them; levels that a machine lacks are folded.

As in the kernel, a folded level's entry is the entry above it. Tables of the lowest level are of
level 1 and the root is of level LEVELS: with two, the root has what the kernel calls pmd entries.
"""

from __future__ import annotations

from shootdown.hw.bounds import CONFIG_TRANSPARENT_HUGEPAGE, LEVELS, NR_VPN, PTRS_PER_TABLE, vaddr_t
from shootdown.hw.memory import (
    entry_at,
    entry_t,
    hw_read_entry,
    hw_write_entry,
    hw_xchg_entry,
    table_of,
)
from shootdown.lang import Bool, Ptr, Ref, check, has, index, kernel, record, replace, value
from shootdown.linux.bounds import PROTNONE
from shootdown.linux.features import FLUSH_ACCESSIBLE, TLB_FLUSH_PENDING
from shootdown.linux.include.linux.mm_types import VM_READ, VM_WRITE, mm_struct, ptdesc, vm_flags_t
from shootdown.linux.include.linux.spinlock import spin_lock, spin_unlock, spinlock_t

__all__ = [
    "P4D_SIZE",
    "PGDIR_SIZE",
    "PMD_SIZE",
    "PUD_SIZE",
    "p4d_addr_end",
    "p4d_none_or_clear_bad",
    "p4d_offset",
    "pgd_addr_end",
    "pgd_none_or_clear_bad",
    "pgd_offset",
    "pgd_t",
    "pgprot_t",
    "pmd_addr_end",
    "pmd_lock",
    "pmd_lockptr",
    "pmd_mkinvalid",
    "pmd_modify",
    "pmd_none",
    "pmd_offset",
    "pmd_protnone",
    "pmd_t",
    "pmd_trans_huge",
    "pmdp_establish",
    "pmdp_get",
    "pmdp_huge_get_and_clear",
    "pte_accessible",
    "pte_lockptr",
    "pte_modify",
    "pte_none",
    "pte_offset_map",
    "pte_present",
    "pte_protnone",
    "pte_t",
    "pte_unmap_unlock",
    "pte_write",
    "pte_wrprotect",
    "ptep_get",
    "ptep_get_and_clear",
    "ptep_modify_prot_commit",
    "ptep_modify_prot_start",
    "pud_addr_end",
    "pud_none_or_clear_bad",
    "pud_offset",
    "set_pmd_at",
    "set_pte_at",
    "vm_get_page_prot",
]

pte_t = entry_t
pmd_t = entry_t
pgd_t = entry_t

PMD_SIZE = PTRS_PER_TABLE
PUD_SIZE = PMD_SIZE * PTRS_PER_TABLE
P4D_SIZE = PUD_SIZE * PTRS_PER_TABLE
PGDIR_SIZE = NR_VPN // PTRS_PER_TABLE


@value
class pgprot_t:
    """What an entry shall allow."""

    accessible: Bool = False
    """_PAGE_PRESENT; else _PAGE_PROTNONE: the entry keeps its page, and allows nothing."""

    write: Bool = False


@kernel
def sd_boundary(addr: vaddr_t, end: vaddr_t, size: int) -> vaddr_t:
    """Return the first multiple of `size` after `addr`, or `end` if that comes first.

    Kernel: none
    Context: any
    Deviates: the kernel has a macro a level
    """
    boundary = (addr // size + 1) * size
    return boundary if boundary < end else end


@kernel
def pmd_addr_end(addr: vaddr_t, end: vaddr_t) -> vaddr_t:
    """Return where the pmd entry of `addr` ends, or `end`.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return sd_boundary(addr, end, PMD_SIZE)


@kernel
def pud_addr_end(addr: vaddr_t, end: vaddr_t) -> vaddr_t:
    """Return where the pud entry of `addr` ends, or `end`.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return sd_boundary(addr, end, PUD_SIZE)


@kernel
def p4d_addr_end(addr: vaddr_t, end: vaddr_t) -> vaddr_t:
    """Return where the p4d entry of `addr` ends, or `end`.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return sd_boundary(addr, end, P4D_SIZE)


@kernel
def pgd_addr_end(addr: vaddr_t, end: vaddr_t) -> vaddr_t:
    """Return where the root's entry of `addr` ends, or `end`.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return sd_boundary(addr, end, PGDIR_SIZE)


@kernel
def pgd_none_or_clear_bad(pgd: Ptr[pgd_t]) -> Bool:
    """Tell whether the root's entry has no table below.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: no entry is bad
    """
    if LEVELS >= 5:
        return not hw_read_entry(pgd).present
    return False


@kernel
def p4d_none_or_clear_bad(p4d: Ptr[pgd_t]) -> Bool:
    """Tell whether the p4d entry has no table below.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: no entry is bad
    """
    if LEVELS >= 4:
        return not hw_read_entry(p4d).present
    return False


@kernel
def pud_none_or_clear_bad(pud: Ptr[pgd_t]) -> Bool:
    """Tell whether the pud entry has no table below.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: no entry is bad
    """
    if LEVELS >= 3:
        return not hw_read_entry(pud).present
    return False


@kernel
def pmd_none(pmd: pmd_t) -> Bool:
    """Tell whether the entry has neither a table below nor a huge page.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    if CONFIG_TRANSPARENT_HUGEPAGE:
        return not pmd.present and pmd.huge == 0
    return not pmd.present


@kernel
def pmd_trans_huge(pmd: pmd_t) -> Bool:
    """Tell whether the entry has a huge page, accessible or not.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return pmd.huge == 1


@kernel
def pmd_protnone(pmd: pmd_t) -> Bool:
    """Tell whether the entry has a huge page that nobody may access.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18 (pmd_numa before v4.0)
    Context: any
    Deviates: the bit that says so is that of writable entries, as with pte_protnone()
    """
    return PROTNONE and pmd.huge == 1 and pmd.write and not pmd.present


@kernel
def pmd_mkinvalid(pmd: pmd_t) -> pmd_t:
    """Return the entry as one that keeps its huge page, for as long as it is being changed.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18 (pmd_mknotpresent before v4.20 or so)
    Context: any
    Deviates: the bit of writable entries goes, too, which tells it from pmd_protnone()
    """
    return replace(pmd, present=False, write=False)


@kernel
def pmd_modify(pmd: pmd_t, newprot: pgprot_t) -> pmd_t:
    """Return the entry with other rights.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return pte_modify(pmd, newprot)


@kernel
def pmd_lockptr(mm: Ref[mm_struct]) -> Ref[spinlock_t]:
    """Return the lock of the pmd entries of an address space.

    Kernel: include/linux/mm.h, v6.18, commit e009bb30c8df
    Context: any
    Deviates: one lock for all tables of pmd entries, as before v3.13
    """
    return mm.page_table_lock


@kernel
def pmd_lock(mm: Ref[mm_struct]) -> Ref[spinlock_t]:
    """Lock the pmd entries of an address space, and return their lock.

    Kernel: include/linux/mm.h, v6.18
    Context: any
    Deviates: nothing
    """
    ptl = pmd_lockptr(mm)
    spin_lock(ptl)
    return ptl


@kernel
def pgd_offset(mm: Ref[mm_struct], address: vaddr_t) -> Ptr[pgd_t]:
    """Return the root's entry for the address.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return entry_at(index(mm.pgd), address, LEVELS)


@kernel
def p4d_offset(pgd: Ptr[pgd_t], address: vaddr_t) -> Ptr[pgd_t]:
    """Return the p4d entry for the address.

    Kernel: include/linux/pgtable.h, v6.18
    Context: the table below is there and stays
    Deviates: nothing
    """
    if LEVELS >= 5:
        return entry_at(hw_read_entry(pgd).pfn, address, 4)
    return pgd


@kernel
def pud_offset(p4d: Ptr[pgd_t], address: vaddr_t) -> Ptr[pgd_t]:
    """Return the pud entry for the address.

    Kernel: include/linux/pgtable.h, v6.18
    Context: the table below is there and stays
    Deviates: nothing
    """
    if LEVELS >= 4:
        return entry_at(hw_read_entry(p4d).pfn, address, 3)
    return p4d


@kernel
def pmd_offset(pud: Ptr[pgd_t], address: vaddr_t) -> Ptr[pmd_t]:
    """Return the pmd entry for the address.

    Kernel: include/linux/pgtable.h, v6.18
    Context: the table below is there and stays
    Deviates: nothing
    """
    if LEVELS >= 3:
        return entry_at(hw_read_entry(pud).pfn, address, 2)
    return pud


@kernel
def pte_offset_map(pmd: Ptr[pmd_t], address: vaddr_t) -> Ptr[pte_t]:
    """Return the lowest entry for the address.

    Kernel: include/linux/pgtable.h, v6.18
    Context: the table below is there and stays
    Deviates: never fails, as before v6.5: nothing here frees a table that others may look at, and
        who may find a huge page, or none, looks first
    """
    if LEVELS >= 2:
        entry = hw_read_entry(pmd)
        if CONFIG_TRANSPARENT_HUGEPAGE:
            check(entry.present and entry.huge == 0, "table_uaf")
        return entry_at(entry.pfn, address, 1)
    return pmd


@kernel
def pte_lockptr(pte: Ptr[pte_t]) -> Ref[spinlock_t]:
    """Return the lock of the entry's table.

    Kernel: include/linux/mm.h, v6.18
    Context: any
    Deviates: takes the entry and not the pmd entry, which the caller has just read
    """
    return record(ptdesc, table_of(pte)).ptl


@kernel
def pte_unmap_unlock(ptl: Ref[spinlock_t]) -> None:
    """Let others change the entries of the table again.

    Kernel: include/linux/mm.h, v6.18
    Context: ptl held
    Deviates: tables are always mapped
    """
    spin_unlock(ptl)


@kernel
def ptep_get(ptep: Ptr[pte_t]) -> pte_t:
    """Read an entry.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return hw_read_entry(ptep)


@kernel
def set_pte_at(ptep: Ptr[pte_t], pte: pte_t) -> None:
    """Store an entry.

    Kernel: include/linux/pgtable.h, v6.18
    Context: ptl held
    Deviates: nothing
    """
    hw_write_entry(ptep, pte)


@kernel
def ptep_get_and_clear(ptep: Ptr[pte_t]) -> pte_t:
    """Take an entry out, with the bits that the CPUs have set in it until now.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: ptl held
    Deviates: nothing
    """
    return hw_xchg_entry(ptep, pte_t())


@kernel
def pte_none(pte: pte_t) -> Bool:
    """Tell whether the entry says nothing at all.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return pte == pte_t()


@kernel
def pte_protnone(pte: pte_t) -> Bool:
    """Tell whether the entry has a page that nobody may access.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: the bit that says so (_PAGE_PROTNONE) is that of writable entries, present ones of
        which are none of these
    """
    return PROTNONE and pte.write and not pte.present


@kernel
def pte_write(pte: pte_t) -> Bool:
    """Tell whether the entry allows stores.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return pte.write and not pte_protnone(pte)


@kernel
def pte_wrprotect(pte: pte_t) -> pte_t:
    """Return the entry without the right to store; one that allows nothing stays as it is.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return pte if pte_protnone(pte) else replace(pte, write=False)


@kernel
def pte_present(pte: pte_t) -> Bool:
    """Tell whether the entry has a page, accessible or not.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return pte.present or pte_protnone(pte)


@kernel
def pte_accessible(mm: Ref[mm_struct], pte: pte_t) -> Bool:
    """Tell whether a TLB may have what an entry said that was taken out.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18, commit 20841405940e
    Context: ptl held
    Deviates: nothing
    """
    if pte.present or not has(FLUSH_ACCESSIBLE):
        return True
    if PROTNONE and has(TLB_FLUSH_PENDING):
        return pte_protnone(pte) and mm.tlb_flush_pending > 0
    return False


@kernel
def vm_get_page_prot(vm_flags: vm_flags_t) -> pgprot_t:
    """Return what the entries of a mapping shall allow at first.

    Kernel: mm/mmap.c, v6.18 (protection_map)
    Context: any
    Deviates: never stores: shared mappings are of files whose dirty pages are accounted
        (vma_wants_writenotify), the others are private
    """
    return pgprot_t(accessible=vm_flags & (VM_READ | VM_WRITE) != 0, write=False)


@kernel
def pte_modify(pte: pte_t, newprot: pgprot_t) -> pte_t:
    """Return the entry with other rights.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    if newprot.accessible:
        return replace(pte, present=True, write=newprot.write)
    return replace(pte, present=False, write=True)


@kernel
def ptep_modify_prot_start(ptep: Ptr[pte_t]) -> pte_t:
    """Take an entry out to change its rights: meanwhile no CPU can set bits in it.

    Kernel: include/linux/pgtable.h, v6.18
    Context: ptl held
    Deviates: nothing
    """
    return ptep_get_and_clear(ptep)


@kernel
def ptep_modify_prot_commit(ptep: Ptr[pte_t], pte: pte_t) -> None:
    """Put an entry back that was taken out to change its rights.

    Kernel: include/linux/pgtable.h, v6.18
    Context: ptl held
    Deviates: nothing
    """
    set_pte_at(ptep, pte)


@kernel
def pmdp_get(pmdp: Ptr[pmd_t]) -> pmd_t:
    """Read a pmd entry.

    Kernel: include/linux/pgtable.h, v6.18
    Context: any
    Deviates: nothing
    """
    return hw_read_entry(pmdp)


@kernel
def set_pmd_at(pmdp: Ptr[pmd_t], pmd: pmd_t) -> None:
    """Store a pmd entry.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: ptl held
    Deviates: nothing
    """
    hw_write_entry(pmdp, pmd)


@kernel
def pmdp_huge_get_and_clear(pmdp: Ptr[pmd_t]) -> pmd_t:
    """Take a pmd entry out, with the bits that the CPUs have set in it until now.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18 (pmdp_get_and_clear before v4.2)
    Context: ptl held
    Deviates: nothing
    """
    return hw_xchg_entry(pmdp, pmd_t())


@kernel
def pmdp_establish(pmdp: Ptr[pmd_t], pmd: pmd_t) -> pmd_t:
    """Replace a pmd entry, and return the old one with the bits that CPUs have set until now.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: ptl held
    Deviates: nothing
    """
    return hw_xchg_entry(pmdp, pmd)
