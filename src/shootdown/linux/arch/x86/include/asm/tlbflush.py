# SPDX-License-Identifier: GPL-2.0-only
"""What a CPU knows about its TLB, and what a flush asks of it."""

from __future__ import annotations

from shootdown.hw.bounds import NR_CPUS, vaddr_t
from shootdown.lang import OWN_CPU, Bool, Ref, guarded_by, kernel, struct
from shootdown.linux.arch.x86.include.asm.pgtable import pte_t
from shootdown.linux.bounds import flush_end_t, gen_t, stride_t
from shootdown.linux.include.linux.mm_types import mm_struct

__all__ = ["cpu_tlbstate", "flush_tlb_info", "pte_needs_flush"]


@struct(count=NR_CPUS)
class cpu_tlbstate:
    """The address space that a CPU's TLB may have translations of."""

    loaded_mm: Ref[mm_struct] = guarded_by(OWN_CPU)
    """NULL: init_mm, which has no user addresses."""

    tlb_gen: gen_t = guarded_by(OWN_CPU)
    """Up to which generation of loaded_mm the TLB has been flushed (ctxs[].tlb_gen)."""

    is_lazy: Bool
    """A kernel thread borrows loaded_mm (cpu_tlbstate_shared since v5.13; before v4.14: state is
    TLBSTATE_LAZY)."""


@struct
class flush_tlb_info:
    """A request to flush a range of an address space."""

    mm: Ref[mm_struct]
    start: vaddr_t
    end: flush_end_t
    new_tlb_gen: gen_t
    stride_shift: stride_t
    freed_tables: Bool


@kernel
def pte_needs_flush(oldpte: pte_t, newpte: pte_t) -> Bool:
    """Tell whether the entry allows less than before: a TLB must not go on by the old one.

    Kernel: arch/x86/include/asm/tlbflush.h, v6.18
    Context: any
    Deviates: other rights than these
    """
    if not oldpte.present:
        return False
    if oldpte.pfn != newpte.pfn:
        return True
    if not newpte.present or (oldpte.dirty and not newpte.dirty):
        return True
    return oldpte.write != newpte.write
