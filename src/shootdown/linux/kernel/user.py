# SPDX-License-Identifier: GPL-2.0-only
"""Programs: the files, processes, loads and stores that scenarios are made of."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.access import access_result, cpu_access
from shootdown.hw.bounds import NR_CPUS, NR_VPN, vaddr_t, vpn_t
from shootdown.hw.disk import hw_write_block
from shootdown.hw.events import permission_begun, permission_done
from shootdown.lang import (
    NULL,
    Bool,
    Ptr,
    Ref,
    atomic,
    bits,
    choose,
    index,
    kernel,
    record,
    rest,
    this_cpu,
    wait_until,
)
from shootdown.linux.arch.x86.include.asm.pgtable import (
    pte_offset_map,
    pte_t,
    ptep_get_and_clear,
    set_pte_at,
)
from shootdown.linux.arch.x86.mm.fault import exc_page_fault
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_mm_range, switch_mm_irqs_off
from shootdown.linux.bounds import CONFIG_SMP, NR_FILE_PAGES, PAGE_SHIFT
from shootdown.linux.include.linux.mm_types import address_space, mm_struct, page, task_struct
from shootdown.linux.include.linux.pagemap import folio_put
from shootdown.linux.include.linux.swapops import swp_entry_to_pte
from shootdown.linux.mm.filemap import filemap_add_folio
from shootdown.linux.mm.mmap import do_mmap, mm_init, sys_munmap
from shootdown.linux.mm.mremap import sys_mremap
from shootdown.linux.mm.page_alloc import alloc_page
from shootdown.linux.mm.page_vma_mapped import mm_find_pmd
from shootdown.linux.mm.rmap import folio_remove_rmap_ptes
from shootdown.linux.mm.swapfile import get_swap_page, put_swap_folio, swap_duplicate

__all__ = [
    "sd_access",
    "sd_become_kthread",
    "sd_map_file",
    "sd_move",
    "sd_new_process",
    "sd_pte_at",
    "sd_read_file",
    "sd_run_in",
    "sd_swap_out",
    "sd_switch_to",
    "sd_take_memory",
    "sd_unmap",
    "sd_user",
    "vpnmask_t",
]

vpnmask_t = Annotated[int, bits(NR_VPN)]
"""A set of virtual pages, one bit each."""


@kernel
def sd_read_file(mapping: Ref[address_space]) -> None:
    """Bring all pages of a file into the page cache.

    Kernel: none
    Context: setup
    Deviates: the blocks hold nothing that differs from fresh memory
    """
    mapping.i_size = NR_FILE_PAGES
    for pgoff in range(NR_FILE_PAGES):
        folio = alloc_page()
        filemap_add_folio(mapping, folio, pgoff)
        folio_put(folio)


@kernel
def sd_new_process(mm: Ref[mm_struct]) -> None:
    """Let this CPU run the first thread of a new process.

    Kernel: none
    Context: setup
    Deviates: stands for fork() and execve()
    """
    assert CONFIG_SMP or NR_CPUS == 1
    mm_init(mm)
    sd_switch_to(mm)


@kernel
def sd_map_file(mm: Ref[mm_struct], mapping: Ref[address_space]) -> None:
    """Read a file, and map all of it at 0 in a new process.

    Kernel: none
    Context: setup
    Deviates: nothing
    """
    sd_read_file(mapping)
    sd_new_process(mm)
    do_mmap(mapping, 0, NR_FILE_PAGES, 0)


@kernel
def sd_take_memory(mm: Ref[mm_struct], len: vaddr_t) -> None:
    """Map fresh memory at 0 in a new process.

    Kernel: none
    Context: setup
    Deviates: nothing
    """
    sd_new_process(mm)
    do_mmap(NULL, 0, len, 0)


@kernel
def sd_switch_to(mm: Ref[mm_struct]) -> None:
    """Let this CPU go on with the thread of a process that another CPU has run.

    Kernel: none
    Context: setup
    Deviates: stands for schedule()
    """
    record(task_struct, this_cpu()).mm = mm
    record(task_struct, this_cpu()).active_mm = mm
    switch_mm_irqs_off(mm)


@kernel
def sd_run_in(mm: Ref[mm_struct]) -> None:
    """Let this CPU run a further thread of a process.

    Kernel: none
    Context: setup
    Deviates: stands for clone() and schedule()
    """
    mm.mm_users = mm.mm_users + 1
    sd_switch_to(mm)


@kernel
def sd_become_kthread() -> None:
    """Let this CPU run a kernel thread.

    Kernel: none
    Context: setup
    Deviates: the thread does not borrow an address space
    """
    record(task_struct, this_cpu()).mm = NULL
    record(task_struct, this_cpu()).active_mm = NULL
    switch_mm_irqs_off(NULL)


@kernel
def sd_access(vpn: vpn_t, is_write: Bool) -> Bool:
    """Load or store until it succeeds; tell whether it did (else: SIGSEGV).

    Kernel: none
    Context: user context, may sleep
    Deviates: nothing
    """
    while cpu_access(vpn, is_write) == access_result.FAULT:
        if not exc_page_fault(vpn, is_write):
            return False
    return True


@kernel
def sd_pte_at(mm: Ref[mm_struct], addr: vaddr_t) -> Ptr[pte_t]:
    """Return the lowest entry for an address that was used.

    Kernel: none
    Context: setup
    Deviates: nothing
    """
    return pte_offset_map(mm_find_pmd(mm, addr), addr)


@kernel
def sd_swap_out(vpn: vpn_t) -> None:
    """Let a page of this CPU's process be on the disk: reclaim took it long ago.

    Kernel: none
    Context: setup, before other CPUs run in the process
    Deviates: nothing
    """
    mm = record(task_struct, this_cpu()).mm
    pte = sd_pte_at(mm, vpn)
    folio = record(page, ptep_get_and_clear(pte).pfn)
    flush_tlb_mm_range(mm, vpn, vpn + 1, PAGE_SHIFT, False)
    entry = get_swap_page()
    assert entry >= 0
    swap_duplicate(entry)
    set_pte_at(pte, swp_entry_to_pte(entry))
    hw_write_block(index(folio), entry)
    put_swap_folio(entry)
    folio_remove_rmap_ptes(folio)
    folio_put(folio)


@kernel
def sd_user(loads: vpnmask_t, stores: vpnmask_t) -> None:
    """Load from some pages and store to some, in any order, for ever or until SIGSEGV.

    Kernel: none
    Context: user context
    Deviates: nothing
    """
    while True:
        rest()
        with atomic():
            choice = choose(2 * NR_VPN)
            vpn: vpn_t = choice // 2
            is_write = choice % 2 == 1
            wait_until(((stores if is_write else loads) >> vpn) & 1 == 1)
            result = cpu_access(vpn, is_write)
        if result == access_result.FAULT and not exc_page_fault(vpn, is_write):
            return


@kernel
def sd_unmap(addr: vaddr_t, len: vaddr_t) -> None:
    """Unmap a range, and expect that no access to what is there succeeds afterwards.

    Kernel: none
    Context: user context, may sleep
    Deviates: sys_munmap() alone lets late accesses pass as long as the memory is nobody else's
    """
    mm = record(task_struct, this_cpu()).mm
    with atomic():
        permission_begun(index(mm.pgd), addr, addr + len, False, False)
    sys_munmap(addr, len)
    with atomic():
        permission_done(index(mm.pgd), addr, addr + len, False, False)


@kernel
def sd_move(addr: vaddr_t, len: vaddr_t, new_addr: vaddr_t) -> None:
    """Move a mapping, and expect that no access to its old place succeeds afterwards.

    Kernel: none
    Context: user context, may sleep
    Deviates: sys_mremap() alone lets late accesses pass as long as the memory is nobody else's
    """
    mm = record(task_struct, this_cpu()).mm
    with atomic():
        permission_begun(index(mm.pgd), addr, addr + len, False, False)
    sys_mremap(addr, len, new_addr)
    with atomic():
        permission_done(index(mm.pgd), addr, addr + len, False, False)
