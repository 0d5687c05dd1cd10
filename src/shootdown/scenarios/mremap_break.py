# SPDX-License-Identifier: GPL-2.0-only
"""mremap+break: a mapping is moved while truncate() lets others have the CPU

Two processes map a page of a file that another truncates. One of them loads from it, and moves its
mapping to the next page.

Before v3.0 truncate() may be between the two mappings while the second one is moved (see
truncate+break). The new mapping begins with the number of the walk that is under way, as one that
is done with: nobody can have mapped what the walk should find, since the file has its new size
already. But then the old mapping's page moves into it, so mremap() takes that mark back, and the
walk finds it there.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_new_process
from shootdown.linux.mm.mmap import do_mmap
from shootdown.linux.mm.mremap import sys_mremap

NAME = "mremap+break"
BOUNDS = {"NR_CPUS": 3, "NR_MM": 2, "NR_VMAS": 3, "LEVELS": 1, "ZAP_BLOCK_SIZE": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=2)
def other_process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 1), record(address_space, 0))


@setup(cpu=1)
def process() -> None:
    """Map it in another process."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 0, 1, 0)


@task(cpu=1)
def mover() -> None:
    """Load from the page, and move the mapping to the next one."""
    sd_access(0, False)
    sys_mremap(0, 1, 1)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
