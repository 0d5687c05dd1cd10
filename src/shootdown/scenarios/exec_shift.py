# SPDX-License-Identifier: GPL-2.0-only
"""exec+shift: execve() moves the stack of a new program, and frees the table that it was in

A new program's arguments are put on its stack before it is known where the stack will be; then its
pages are moved down. The table that they were in is freed by a gather of its own, which takes no
pages out: shift_arg_pages() in the first version of the gather on the stack.

The pages' old addresses have been flushed by then. But the CPU may have begun a walk there, and is
about to read the table.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.fs.exec import setup_arg_pages
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process
from shootdown.linux.mm.mmap import do_mmap

NAME = "exec+shift"
BOUNDS = {"NR_CPUS": 2, "NR_TABLES": 3, "NR_VMAS": 1}
HARDWARE = {"tlb_walker": (0,)}
EXPECT = (since("v2.6.39", holds(), source="A16"),)


@setup(cpu=0)
def new_program() -> None:
    """Put a page on the stack."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 2, 1, 0)
    sd_access(2, True)


@task(cpu=0)
def load_binary() -> None:
    """Move the stack two pages down, and use it."""
    setup_arg_pages(record(vm_area_struct, 0), 2)
    sd_access(0, True)
