# SPDX-License-Identifier: GPL-2.0-only
"""exec+remote: a debugger looks at the stack of a new program while execve() moves it

No thread runs in the new address space yet, but others may look into it: ptrace(), /proc/pid/mem,
process_vm_readv(). They bring pages in where a mapping is, with mmap_lock held for reading. While
the stack moves, its mapping has the old place and the new one, so execve() holds mmap_lock for
writing: a page that came to the old place then would be in a table that is about to be freed.
"""

from __future__ import annotations

from shootdown.lang import NULL, holds, record, setup, since, task
from shootdown.linux.fs.exec import setup_arg_pages
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.kernel.user import sd_access, sd_new_process
from shootdown.linux.mm.gup import get_user_pages_remote
from shootdown.linux.mm.mmap import do_mmap

NAME = "exec+remote"
BOUNDS = {"NR_CPUS": 2, "NR_PAGES": 2, "NR_TABLES": 4, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def new_program() -> None:
    """Have a page on the stack of a new program."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 2, 1, 0)
    sd_access(2, True)


@task(cpu=1)
def debugger() -> None:
    """Look at the page where it was."""
    get_user_pages_remote(record(mm_struct, 0), 2, True)


@task(cpu=0)
def load_binary() -> None:
    """Move the stack two pages down."""
    setup_arg_pages(record(vm_area_struct, 0), 2)
