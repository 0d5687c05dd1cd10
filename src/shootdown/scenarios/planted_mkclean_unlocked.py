# SPDX-License-Identifier: GPL-2.0-only
"""planted-mkclean-unlocked: page_mkclean() looks at an entry without its lock

A planted mistake: an entry that is not there needs no cleaning, so why take the page-table lock
for it? Because who has just taken it out may hold the lock and be about to flush: then a CPU can
still store, and the lock is what writeback has to wait for.
"""

from __future__ import annotations

from shootdown.lang import NULL, Bool, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.include.asm.pgtable import pte_lockptr, pte_offset_map, ptep_get
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.include.linux.rmap import (
    page_vma_mapped_walk_control,
    page_vma_mapped_walk_done,
)
from shootdown.linux.include.linux.spinlock import spin_lock
from shootdown.linux.kernel.user import sd_access, sd_new_process, sd_read_file, sd_run_in, sd_user
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_vma_mapped import check_pte, mm_find_pmd
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "planted-mkclean-unlocked"
BOUNDS = {"NR_VMAS": 2, "NR_CPUS": 3}
EXPECT = (since("v2.6.39", violated("lost_write"), source="planted, 479db0bf408e"),)


@kernel
def page_vma_mapped_walk(pvmw: Ref[page_vma_mapped_walk_control]) -> Bool:
    """Find the entry that maps the folio, and only then lock its table.

    Kernel: mm/page_vma_mapped.c, v6.18 (without PVMW_SYNC)
    Context: i_mmap_rwsem held
    Deviates: is used by page_mkclean(), too
    """
    pmd = mm_find_pmd(pvmw.vma.vm_mm, pvmw.address)
    if pmd is NULL:
        return False
    pvmw.pte = pte_offset_map(pmd, pvmw.address)
    if not ptep_get(pvmw.pte).present:
        return False
    pvmw.ptl = pte_lockptr(pvmw.pte)
    spin_lock(pvmw.ptl)
    if check_pte(pvmw):
        return True
    page_vma_mapped_walk_done(pvmw)
    return False


@setup(cpu=1)
def process() -> None:
    """Map the page twice, load through the second mapping, and store through the first."""
    sd_read_file(record(address_space, 0))
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 1, 1, 0)
    do_mmap(record(address_space, 0), 0, 1, 0)
    sd_access(1, False)
    sd_access(0, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Take the first mapping away."""
    sys_munmap(0, 1)


@task(cpu=1, kind="user")
def writer() -> None:
    """Store to the page until it is gone."""
    sd_user(0, 0b01)


@task(cpu=2)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
