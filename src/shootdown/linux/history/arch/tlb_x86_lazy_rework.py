# SPDX-License-Identifier: GPL-2.0-only
"""Address spaces on a CPU before v4.14: its bit in the mask goes when the root has been loaded."""

from __future__ import annotations

from shootdown.hw.cpu import hw_load_cr3
from shootdown.lang import NULL, Ref, kernel, record, this_cpu
from shootdown.linux.arch.x86.include.asm.tlbflush import cpu_tlbstate
from shootdown.linux.arch.x86.mm.tlb import sd_enter_mask, sd_leave_mask
from shootdown.linux.features import X86_LAZY_REWORK
from shootdown.linux.include.linux.mm_types import mm_struct

__all__ = ["leave_mm", "switch_mm_irqs_off"]


@kernel(before=X86_LAZY_REWORK)
def leave_mm() -> None:
    """Give a borrowed address space up.

    Kernel: arch/x86/mm/tlb.c, v3.15
    Context: interrupts or preemption off, the CPU is lazy
    Deviates: the loaded one counts as init_mm from here on, where the kernel keeps the name of the
        old; in an interrupt all is one step: no third CPU sees the mask without this CPU and the
        root still loaded
    """
    state = record(cpu_tlbstate, this_cpu())
    sd_leave_mask(state.loaded_mm)
    hw_load_cr3(NULL)
    state.loaded_mm = NULL
    state.is_lazy = False


@kernel(before=X86_LAZY_REWORK)
def switch_mm_irqs_off(next: Ref[mm_struct]) -> None:
    """Load another address space on this CPU, or NULL for init_mm.

    Kernel: arch/x86/include/asm/mmu_context.h, v3.15 (switch_mm), commit 831d52bc1539
    Context: interrupts off
    Deviates: nothing
    """
    state = record(cpu_tlbstate, this_cpu())
    prev = state.loaded_mm
    state.is_lazy = False
    if prev != next:
        if next != NULL:
            sd_enter_mask(next)
            state.tlb_gen = next.tlb_gen
            hw_load_cr3(next.pgd)
        else:
            hw_load_cr3(NULL)
        state.loaded_mm = next
        if prev is not NULL:
            sd_leave_mask(prev)
