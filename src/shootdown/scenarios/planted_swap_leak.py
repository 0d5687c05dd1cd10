# SPDX-License-Identifier: GPL-2.0-only
"""planted-swap-leak: munmap() forgets that a page is in the swap area

A planted mistake: zap clears the entry, and the slot that it names stays taken for ever.
"""

from __future__ import annotations

from shootdown.lang import Ptr, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t, set_pte_at
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.user import sd_access, sd_swap_out, sd_take_memory
from shootdown.linux.mm.mmap import sys_munmap

NAME = "planted-swap-leak"
BOUNDS = {"NR_CPUS": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True}
EXPECT = (since("v2.6.39", violated("leak"), source="planted"),)


@kernel
def zap_nonpresent_ptes(pte: Ptr[pte_t], ptent: pte_t) -> None:
    """Clear the entry.

    Kernel: mm/memory.c, v6.18
    Context: ptl held
    Deviates: keeps the slot
    """
    set_pte_at(pte, pte_t())


@setup(cpu=0)
def process() -> None:
    """Take fresh memory, store to it, and have it reclaimed."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_swap_out(0)


@task(cpu=0)
def leaking_unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)
