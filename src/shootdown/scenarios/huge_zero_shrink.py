# SPDX-License-Identifier: GPL-2.0-only
"""huge-zero+shrink: a huge zero page goes while the next one comes

Nobody needs the huge zero page any more, and the shrinker takes it: it makes the count zero, and
the pointer NULL. A thread that loads from fresh memory finds none, makes another one, and maps it.
Only then does the shrinker forget the number of the huge zero page: by now, that of the new one. So
munmap() takes the huge zero page for an ordinary one, which is mapped once less than never.

The number is kept since 3b77e8c8cde5 (v5.13); CVE-2026-74632, fixed after v6.18 by a lock around
pointer, number and count.
"""

from __future__ import annotations

from shootdown.lang import absent, holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory
from shootdown.linux.mm.huge_memory_zero import (
    get_huge_zero_folio,
    put_huge_zero_folio,
    shrink_huge_zero_folio_scan,
)
from shootdown.linux.mm.mmap import sys_munmap

NAME = "huge-zero+shrink"
BOUNDS = {"NR_PAGES": 2, "NR_TABLES": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_TRANSPARENT_HUGEPAGE": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", holds()),
    since("v5.13", violated("range"), source="CVE-2026-74632"),
)


@setup(cpu=0)
def process() -> None:
    """Take fresh memory, as large as a huge page."""
    sd_take_memory(record(mm_struct, 0), 2)


@setup(cpu=1)
def former_process() -> None:
    """Need the huge zero page, and need it no more."""
    get_huge_zero_folio()
    put_huge_zero_folio()


@task(cpu=0)
def unmapper() -> None:
    """Load from the memory, and give it back."""
    sd_access(0, False)
    sys_munmap(0, 2)


@task(cpu=1)
def shrinker() -> None:
    """Free the huge zero page if nobody needs it."""
    shrink_huge_zero_folio_scan()
