# SPDX-License-Identifier: GPL-2.0-only
"""Flushes before v3.6: of one page or of all, by a vector of their own."""

from __future__ import annotations

from shootdown.hw.bounds import cpu_id, vaddr_t
from shootdown.lang import Ref, kernel, local
from shootdown.linux.arch.x86.include.asm.tlbflush import flush_tlb_info
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_func, flush_tlb_mm
from shootdown.linux.features import GATHER_RANGE, X86_FLUSH_RANGE
from shootdown.linux.include.asm_generic.tlb import mmu_gather
from shootdown.linux.include.linux.mm_types import vm_area_struct
from shootdown.linux.kernel.smp import sd_fetch_request

__all__ = ["flush_tlb_range", "smp_invalidate_interrupt", "tlb_flush"]


@kernel(before=GATHER_RANGE)
def tlb_flush(tlb: Ref[mmu_gather]) -> None:
    """Flush the address space of the gather.

    Kernel: arch/x86/include/asm/tlb.h, v2.6.39
    Context: may be called with the ptl held
    Deviates: nothing
    """
    flush_tlb_mm(tlb.mm)


@kernel(before=X86_FLUSH_RANGE)
def flush_tlb_range(vma: Ref[vm_area_struct], start: vaddr_t, end: vaddr_t) -> None:
    """Make all CPUs forget what they know of the address space of a mapping.

    Kernel: arch/x86/include/asm/tlbflush.h, v2.6.39
    Context: interrupts on; may be called with the ptl held
    Deviates: nothing
    """
    flush_tlb_mm(vma.vm_mm)


@kernel
def smp_invalidate_interrupt(sender: cpu_id) -> None:
    """Flush what the sender asks for.

    Kernel: arch/x86/mm/tlb.c, v2.6.39
    Context: interrupt
    Deviates: the target's bit in the sender's mask is the acknowledgement of the interrupt
    """
    info = local(flush_tlb_info)
    sd_fetch_request(sender, info)
    flush_tlb_func(info)
