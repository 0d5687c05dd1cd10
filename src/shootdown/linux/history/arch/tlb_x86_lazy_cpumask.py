# SPDX-License-Identifier: GPL-2.0-only
"""Address spaces on a CPU from v4.14 to v6.13: its bit in the mask goes before the root does."""

from __future__ import annotations

from shootdown.hw.cpu import hw_load_cr3
from shootdown.lang import NULL, Ref, kernel, record, this_cpu
from shootdown.linux.arch.x86.include.asm.tlbflush import cpu_tlbstate
from shootdown.linux.arch.x86.mm.tlb import sd_catch_up, sd_enter_mask, sd_leave_mask
from shootdown.linux.features import X86_LAZY_CPUMASK
from shootdown.linux.include.linux.mm_types import mm_struct

__all__ = ["switch_mm_irqs_off"]


@kernel(before=X86_LAZY_CPUMASK)
def switch_mm_irqs_off(next: Ref[mm_struct]) -> None:
    """Load another address space on this CPU, or NULL for init_mm.

    Kernel: arch/x86/mm/tlb.c, v6.1, commit 94b1b03b519b
    Context: interrupts off
    Deviates: no identifiers that keep translations over a switch
    """
    state = record(cpu_tlbstate, this_cpu())
    prev = state.loaded_mm
    was_lazy = state.is_lazy
    state.is_lazy = False
    if prev is not NULL and prev == next:
        if was_lazy:
            sd_catch_up(next)
        return
    if prev is not NULL:
        sd_leave_mask(prev)
    if next != NULL:
        sd_enter_mask(next)
        state.tlb_gen = next.tlb_gen
        hw_load_cr3(next.pgd)
    else:
        hw_load_cr3(NULL)
    state.loaded_mm = next
