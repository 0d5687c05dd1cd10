# SPDX-License-Identifier: GPL-2.0-only
"""planted-mkclean-no-flush: page_mkclean() cleans entries and flushes nothing

A planted mistake: an entry is made read-only and clean, but the CPU goes on storing through what
its TLB remembers of it. No fault tells anybody that the page is dirty again.
"""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Ptr, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t, ptep_get_and_clear
from shootdown.linux.include.linux.mm_types import address_space, mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_user
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "planted-mkclean-no-flush"
BOUNDS = {"NR_CPUS": 2, "NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
EXPECT = (since("v2.6.39", violated("lost_write"), source="planted"),)


@kernel
def ptep_clear_flush(vma: Ref[vm_area_struct], address: vaddr_t, ptep: Ptr[pte_t]) -> pte_t:
    """Take an entry out.

    Kernel: mm/pgtable-generic.c, v6.18
    Context: ptl held
    Deviates: the flush is left out
    """
    return ptep_get_and_clear(ptep)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file and store to it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, True)


@task(cpu=0, kind="user")
def writer() -> None:
    """Store to the page."""
    sd_user(0, 1)


@task(cpu=1)
def flusher() -> None:
    """Write the page to the disk."""
    do_writepages(record(address_space, 0))
