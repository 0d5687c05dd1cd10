# SPDX-License-Identifier: GPL-2.0-only
"""planted-reclaim-one-mm: reclaim flushes one of two processes that have had the page

A planted mistake: the batch knows the CPUs of the last address space only. A thread of the other
loads from the page after it was freed.
"""

from __future__ import annotations

from shootdown.lang import Ref, absent, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.mm.tlb import inc_mm_tlb_gen
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.include.linux.mm_types_task import tlbflush_unmap_batch
from shootdown.linux.kernel.pressure import sd_age
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_new_process, sd_user
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "planted-reclaim-one-mm"
BOUNDS = {"LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_CPUS": 3, "NR_VMAS": 2, "NR_MM": 2}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v4.3", violated("stale_access"), source="planted"),
)


@kernel
def arch_tlbbatch_add_pending(batch: Ref[tlbflush_unmap_batch], mm: Ref[mm_struct]) -> None:
    """Note the CPUs that use an address space.

    Kernel: arch/x86/include/asm/tlbflush.h, v6.18
    Context: ptl held, an entry of the address space was changed
    Deviates: forgets those of others; counts a flush where there is nothing to count, before v4.14
    """
    inc_mm_tlb_gen(mm)
    batch.cpumask = mm.cpu_bitmap


@setup(cpu=2)
def other_process() -> None:
    """Map a page of a file and load from it."""
    sd_map_file(record(mm_struct, 1), record(address_space, 0))
    sd_access(0, False)


@setup(cpu=1)
def process() -> None:
    """Do the same, and then something else."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 0, 1, 0)
    sd_access(0, False)
    sd_age(record(address_space, 0))


@task(cpu=0)
def reclaimer() -> None:
    """Free a page."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def first_reader() -> None:
    """Load from the page."""
    sd_user(1, 0)


@task(cpu=2, kind="user")
def second_reader() -> None:
    """Load from the page."""
    sd_user(1, 0)
