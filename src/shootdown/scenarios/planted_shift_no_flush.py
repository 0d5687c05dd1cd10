# SPDX-License-Identifier: GPL-2.0-only
"""planted-shift-no-flush: a gather that takes out no pages does not flush

A planted mistake, as some architectures made it until 6137fed08232 (v5.1): the flush happens at the
end of each mapping that is zapped, or of a whole address space. execve() does neither: it frees a
table, and a walk that is under way reads it.
"""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel, record, setup, since, task, violated
from shootdown.linux.fs.exec import setup_arg_pages
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process
from shootdown.linux.mm.mmap import do_mmap

NAME = "planted-shift-no-flush"
BOUNDS = {"NR_CPUS": 2, "NR_TABLES": 3, "NR_VMAS": 1}
HARDWARE = {"tlb_walker": (0,)}
EXPECT = (since("v2.6.39", violated("table_uaf"), source="A16 / 6137fed08232"),)


@kernel
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Leave it to tlb_end_vma(), which nobody calls.

    Kernel: arch/arm/include/asm/tlb.h, v5.0
    Context: may be called with the ptl held
    Deviates: whole address spaces would be flushed
    """


@setup(cpu=0)
def new_program() -> None:
    """Have a stack with a page."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 2, 1, 0)
    sd_access(2, True)


@task(cpu=0)
def load_binary() -> None:
    """Move it into another table."""
    setup_arg_pages(record(vm_area_struct, 0), 2)
