# SPDX-License-Identifier: GPL-2.0-only
"""Flushes from v4.14 to v5.12: with generations, here first, then on the other CPUs."""

from __future__ import annotations

from shootdown.hw.bounds import cpumask_t, vaddr_t
from shootdown.hw.cpu import hw_irqs_off, hw_irqs_on
from shootdown.lang import Bool, Ref, has, kernel, local, record, this_cpu
from shootdown.linux.arch.x86.include.asm.tlbflush import cpu_tlbstate, flush_tlb_info
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_func, inc_mm_tlb_gen, sd_lazy_spared
from shootdown.linux.bounds import LAZY_TLB, TLB_FLUSH_ALL, flush_end_t, stride_t
from shootdown.linux.features import FLUSH_CONCURRENT, X86_LAZY_LAZIER
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.include.linux.mm_types_task import tlbflush_unmap_batch
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable
from shootdown.linux.kernel.smp import sd_send_request, sd_wait_for_request

__all__ = ["arch_tlbbatch_flush", "flush_tlb_mm_range"]


@kernel(before=FLUSH_CONCURRENT)
def flush_tlb_mm_range(
    mm: Ref[mm_struct],
    start: vaddr_t,
    end: flush_end_t,
    stride_shift: stride_t,
    freed_tables: Bool,
) -> None:
    """Make all CPUs forget what they know of a range of the address space.

    Kernel: arch/x86/mm/tlb.c, v5.4
    Context: interrupts on; may be called with the ptl held
    Deviates: a range is never so long that all is flushed instead; before v4.20, the stride is a
        page
    """
    preempt_disable()
    info = local(flush_tlb_info)
    info.mm = mm
    info.start = start
    info.end = end
    info.stride_shift = stride_shift
    info.new_tlb_gen = inc_mm_tlb_gen(mm)
    if record(cpu_tlbstate, this_cpu()).loaded_mm == mm:
        hw_irqs_off()
        flush_tlb_func(info)
        hw_irqs_on()
    others: cpumask_t = mm.cpu_bitmap & ~(1 << this_cpu())
    if LAZY_TLB and has(X86_LAZY_LAZIER):
        others = sd_lazy_spared(others, freed_tables)
    if others != 0:
        sd_send_request(others, info)
        sd_wait_for_request()
    preempt_enable()


@kernel(before=FLUSH_CONCURRENT)
def arch_tlbbatch_flush(batch: Ref[tlbflush_unmap_batch]) -> None:
    """Flush on all CPUs of the batch whatever address space they have.

    Kernel: arch/x86/mm/tlb.c, v5.4
    Context: interrupts on
    Deviates: nothing
    """
    preempt_disable()
    info = local(flush_tlb_info)
    info.end = TLB_FLUSH_ALL
    if (batch.cpumask >> this_cpu()) & 1 == 1:
        hw_irqs_off()
        flush_tlb_func(info)
        hw_irqs_on()
    others: cpumask_t = batch.cpumask & ~(1 << this_cpu())
    if LAZY_TLB and has(X86_LAZY_LAZIER):
        others = sd_lazy_spared(others, False)
    if others != 0:
        sd_send_request(others, info)
        sd_wait_for_request()
    batch.cpumask = 0
    preempt_enable()
