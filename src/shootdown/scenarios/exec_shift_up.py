# SPDX-License-Identifier: GPL-2.0-only
"""exec+shift-up: execve() moves the stack of a new program, on a machine with one CPU

With CONFIG_SMP off, what a gather was given used to be freed at once, page tables, too, and the TLB
was flushed later. No other CPU could be in the way, and preemption was off until v3.0; but this
CPU's own walker may be on its way through the table that the stack was in. Commit 29eb77825cc7
(v3.10) removed the fast mode.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task, violated
from shootdown.linux.fs.exec import setup_arg_pages
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process
from shootdown.linux.mm.mmap import do_mmap

NAME = "exec+shift-up"
BOUNDS = {"NR_CPUS": 1, "NR_TABLES": 3, "NR_VMAS": 1}
CONFIG = {"CONFIG_SMP": False}
HARDWARE = {"tlb_walker": (0,)}
EXPECT = (
    since("v2.6.39", violated("table_uaf")),
    since("v3.10", holds(), source="29eb77825cc7"),
)


@setup(cpu=0)
def new_program() -> None:
    """Have a page on the stack."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 2, 1, 0)
    sd_access(2, True)


@task(cpu=0)
def load_binary() -> None:
    """Move the stack two pages down."""
    setup_arg_pages(record(vm_area_struct, 0), 2)
