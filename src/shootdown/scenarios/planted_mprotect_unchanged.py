# SPDX-License-Identifier: GPL-2.0-only
"""planted-mprotect-unchanged: mprotect() leaves the entries as they are

A planted mistake: the mapping becomes read-only, and its entries do not. They are not flushed,
either, as they have not changed.
"""

from __future__ import annotations

from shootdown.lang import kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.include.asm.pgtable import pgprot_t, pte_t
from shootdown.linux.include.linux.mm_types import VM_READ, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_take_memory
from shootdown.linux.mm.mprotect import sys_mprotect

NAME = "planted-mprotect-unchanged"
BOUNDS = {"NR_CPUS": 1, "LEVELS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", violated("protection"), source="planted"),)


@kernel
def pte_modify(pte: pte_t, newprot: pgprot_t) -> pte_t:
    """Return the entry as it is.

    Kernel: arch/x86/include/asm/pgtable.h, v6.18
    Context: any
    Deviates: does nothing
    """
    return pte


@setup(cpu=0)
def process() -> None:
    """Take fresh memory, and store to it."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)


@task(cpu=0)
def protector() -> None:
    """Make the memory read-only."""
    sys_mprotect(0, 1, VM_READ)
