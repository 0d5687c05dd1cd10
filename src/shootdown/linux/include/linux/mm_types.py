# SPDX-License-Identifier: GPL-2.0-only
"""What memory management keeps: pages, page tables, files, mappings, address spaces."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import NR_CPUS, NR_PAGES, NR_TABLES, cpumask_t, vaddr_t
from shootdown.hw.memory import entry_t, table
from shootdown.lang import (
    OWN_CPU,
    Array,
    Bool,
    Ptr,
    Ref,
    array,
    bits,
    guarded_by,
    quiescent,
    record,
    struct,
)
from shootdown.linux.bounds import (
    NR_FILE_PAGES,
    NR_FILES,
    NR_MM,
    NR_VMAS,
    batched_t,
    count_t,
    file_size_t,
    gen_t,
    mapcount_t,
    owner_t,
    pgoff_t,
    truncate_count_t,
    truncate_mark_t,
)
from shootdown.linux.include.linux.rwsem import mutex, rw_semaphore
from shootdown.linux.include.linux.spinlock import spinlock_t

__all__ = [
    "VM_READ",
    "VM_WRITE",
    "address_space",
    "anon_vma",
    "folio",
    "mm_struct",
    "no_page_is_locked",
    "page",
    "ptdesc",
    "task_struct",
    "vm_area_struct",
    "vm_fault",
    "vm_flags_t",
]

VM_READ = 1
VM_WRITE = 2

vm_flags_t = Annotated[int, bits(2)]
"""What a mapping allows; the same numbers as PROT_READ and PROT_WRITE."""


@struct(count=NR_PAGES)
class page:
    """A page of data; its number is its frame's. Flags that monitors judge by are in `hw`."""

    PG_locked: owner_t
    """Who has locked it, plus one. The kernel keeps a bit, and lets anybody unlock."""

    PG_head: Bool
    """It stands for a folio of several pages."""

    PG_anon_exclusive: Bool
    """It is anonymous, and one address space has it, and no other: a store needs no copy."""

    PG_lru: Bool
    """It is on a list of reclaim, and nobody is about to take it off."""

    PG_active: Bool
    """It is not to be on the list that reclaim takes pages from."""

    PG_referenced: Bool
    PG_reclaim: Bool
    """Reclaim has seen it dirty, or writes it."""

    _refcount: count_t
    _mapcount: mapcount_t
    mapping: Ref[address_space]
    """The file in whose cache it is; NULL: it is anonymous."""

    anon_vma: Ref[anon_vma]
    """Where its mappings are found if it is anonymous (mapping, with PAGE_MAPPING_ANON)."""

    index: pgoff_t
    sd_lazyfree: Bool
    """It is anonymous, and its owner does not need what it holds: PG_swapbacked is clear."""


folio = page
"""A folio is named by its first page, which is the only one unless FOLIO_PAGES says more."""


@struct(count=NR_TABLES)
class ptdesc:
    """What the kernel keeps of a page table; its number is the table frame's."""

    ptl: spinlock_t
    """The lock of its entries, if it is of the lowest level."""


@struct(count=NR_FILES)
class address_space:
    """A file, seen as its cached pages and its mappings."""

    i_mmap_rwsem: rw_semaphore
    i_mmap: Array[Ref[vm_area_struct]] = array(NR_VMAS, guarded_by="i_mmap_rwsem")
    """The shared mappings of the file. The kernel has a tree, ordered by place in the file."""

    i_pages: Array[Ref[page]] = array(NR_FILE_PAGES)
    """The cached pages of the file."""

    i_size: file_size_t
    """How many pages the file has (of its inode, in the kernel)."""

    unmap_mutex: mutex
    truncate_count: truncate_count_t = guarded_by("i_mmap_rwsem")
    """Before v3.0: one walk at a time takes pages out of the mappings, and this is its number."""


@struct(count=NR_VMAS)
class anon_vma:
    """The mappings that may have a page of a mapping of fresh memory. None has a parent."""

    rwsem: rw_semaphore
    rb_root: Array[Ref[vm_area_struct]] = array(NR_VMAS, guarded_by="rwsem")
    """The mappings. The kernel has a tree, ordered by place, of links from mappings to here."""


@struct(count=NR_VMAS, alloc=True)
class vm_area_struct:
    """A mapping: a range of addresses of one address space, of a file or anonymous."""

    vm_start: vaddr_t
    vm_end: vaddr_t
    vm_mm: Ref[mm_struct]
    vm_flags: vm_flags_t = guarded_by("vm_mm.mmap_lock")
    vm_file: Ref[address_space]
    """The file, shared; NULL: the mapping is anonymous and private."""

    vm_pgoff: pgoff_t
    anon_vma: Ref[anon_vma]
    """What its pages refer to, if it is anonymous and has had any."""

    vm_truncate_count: truncate_mark_t = guarded_by("vm_file.i_mmap_rwsem")
    """Before v3.0: the walk that is done with it, or where one is to go on."""


@struct(count=NR_MM)
class mm_struct:
    """An address space."""

    pgd: Ref[table]
    mmap_lock: rw_semaphore
    page_table_lock: spinlock_t
    mm_mt: Array[Ref[vm_area_struct]] = array(NR_VMAS, guarded_by="mmap_lock")
    """Its mappings. The kernel has a tree, ordered by address."""

    mm_users: count_t
    """Its threads."""

    mm_count: count_t
    """Who needs its root: all threads together, and each CPU that borrows it."""

    MMF_HUGE_ZERO_FOLIO: Bool
    """It has mapped the huge zero page once. The kernel keeps a bit."""

    cpu_bitmap: cpumask_t
    tlb_flush_pending: count_t
    tlb_flush_batched: batched_t
    """How often reclaim has taken out an entry and put the flush off, plus TLB_FLUSH_BATCH_FLUSHED
    times up to which of them all CPUs have been flushed. Before v5.17: whether it has (1)."""

    tlb_gen: gen_t
    """How often its translations were changed (mm->context.tlb_gen)."""


@struct(count=NR_CPUS)
class task_struct:
    """The task of a CPU: what the kernel calls `current` there."""

    mm: Ref[mm_struct] = guarded_by(OWN_CPU)
    """Its address space; NULL: it is a kernel thread."""

    active_mm: Ref[mm_struct] = guarded_by(OWN_CPU)
    """The address space that it uses: its own, or the borrowed one of a task before."""


@struct
class vm_fault:
    """A page fault that is being handled."""

    vma: Ref[vm_area_struct]
    address: vaddr_t
    is_write: Bool
    """FAULT_FLAG_WRITE."""

    pmd: Ptr[entry_t]
    pte: Ptr[entry_t]
    orig_pmd: entry_t
    orig_pte: entry_t
    ptl: Ref[spinlock_t]
    cow_page: Ref[page]
    """The copy that a private mapping gets."""

    page: Ref[page]


@quiescent
def no_page_is_locked() -> Bool:
    """Judge end states only when nobody works on a page."""
    for pfn in range(NR_PAGES):
        if record(page, pfn).PG_locked != 0:
            return False
    return True
