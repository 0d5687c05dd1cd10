# SPDX-License-Identifier: GPL-2.0-only
"""Flushes before v4.14: every one is carried out, here first, then on the other CPUs."""

from __future__ import annotations

from shootdown.hw.bounds import cpumask_t, vaddr_t
from shootdown.lang import NULL, Bool, Ref, kernel, local, record, this_cpu
from shootdown.linux.arch.x86.include.asm.tlbflush import cpu_tlbstate, flush_tlb_info
from shootdown.linux.arch.x86.mm.tlb import (
    flush_tlb_local,
    flush_tlb_one_user,
    leave_mm,
    sd_flush_range,
)
from shootdown.linux.bounds import LAZY_TLB, PAGE_SHIFT, TLB_FLUSH_ALL, flush_end_t, stride_t
from shootdown.linux.features import X86_TLB_GEN
from shootdown.linux.history.arch.tlb import flush_tlb_others
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.include.linux.mm_types_task import tlbflush_unmap_batch
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable
from shootdown.linux.kernel.smp import sd_send_request, sd_wait_for_request

__all__ = [
    "arch_tlbbatch_add_pending",
    "arch_tlbbatch_flush",
    "flush_tlb_func",
    "flush_tlb_mm_range",
    "flush_tlb_page",
]


@kernel(before=X86_TLB_GEN)
def flush_tlb_mm_range(
    mm: Ref[mm_struct],
    start: vaddr_t,
    end: flush_end_t,
    stride_shift: stride_t,
    freed_tables: Bool,
) -> None:
    """Make all CPUs forget what they know of a range of the address space.

    Kernel: arch/x86/mm/tlb.c, v3.15
    Context: interrupts on; may be called with the ptl held
    Deviates: a range is never so long that all is flushed instead
    """
    preempt_disable()
    if record(cpu_tlbstate, this_cpu()).loaded_mm == mm:
        if LAZY_TLB and record(cpu_tlbstate, this_cpu()).is_lazy:
            leave_mm()
        else:
            sd_flush_range(start, end, PAGE_SHIFT)
    if mm.cpu_bitmap & ~(1 << this_cpu()) != 0:
        flush_tlb_others(mm, start, end)
    preempt_enable()


@kernel(before=X86_TLB_GEN)
def flush_tlb_page(vma: Ref[vm_area_struct], a: vaddr_t) -> None:
    """Make all CPUs forget what they know of one page.

    Kernel: arch/x86/mm/tlb.c, v3.15
    Context: interrupts on; may be called with the ptl held
    Deviates: nothing
    """
    mm = vma.vm_mm
    preempt_disable()
    if record(cpu_tlbstate, this_cpu()).loaded_mm == mm:
        if LAZY_TLB and record(cpu_tlbstate, this_cpu()).is_lazy:
            leave_mm()
        else:
            flush_tlb_one_user(a)
    if mm.cpu_bitmap & ~(1 << this_cpu()) != 0:
        flush_tlb_others(mm, a, a + 1)
    preempt_enable()


@kernel(before=X86_TLB_GEN)
def flush_tlb_func(info: Ref[flush_tlb_info]) -> None:
    """Do on this CPU what the flush asks for, if it has the address space loaded.

    Kernel: arch/x86/mm/tlb.c, v3.15
    Context: interrupts off
    Deviates: nothing
    """
    if info.mm is NULL or record(cpu_tlbstate, this_cpu()).loaded_mm == info.mm:
        if LAZY_TLB and record(cpu_tlbstate, this_cpu()).is_lazy:
            leave_mm()
        else:
            sd_flush_range(info.start, info.end, PAGE_SHIFT)


@kernel(before=X86_TLB_GEN)
def arch_tlbbatch_add_pending(batch: Ref[tlbflush_unmap_batch], mm: Ref[mm_struct]) -> None:
    """Add the CPUs that use an address space to those that are to be flushed.

    Kernel: arch/x86/include/asm/tlbflush.h, v4.13 (set_tlb_ubc_flush_pending before)
    Context: ptl held, an entry of the address space was changed
    Deviates: nothing
    """
    batch.cpumask = batch.cpumask | mm.cpu_bitmap


@kernel(before=X86_TLB_GEN)
def arch_tlbbatch_flush(batch: Ref[tlbflush_unmap_batch]) -> None:
    """Flush on all CPUs of the batch whatever address space they have.

    Kernel: arch/x86/mm/tlb.c, v4.13 (in try_to_unmap_flush() before)
    Context: interrupts on
    Deviates: before v4.7 a lazy CPU flushed and stayed lazy
    """
    preempt_disable()
    if (batch.cpumask >> this_cpu()) & 1 == 1:
        flush_tlb_local()
    others: cpumask_t = batch.cpumask & ~(1 << this_cpu())
    if others != 0:
        info = local(flush_tlb_info)
        info.end = TLB_FLUSH_ALL
        sd_send_request(others, info)
        sd_wait_for_request()
    batch.cpumask = 0
    preempt_enable()
