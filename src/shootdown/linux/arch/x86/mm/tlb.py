# SPDX-License-Identifier: GPL-2.0-only
"""Flushes: of this CPU's TLB, and by interrupt of those of the other CPUs that use the mm."""

from __future__ import annotations

from shootdown.hw.bounds import NR_CPUS, cpumask_t, vaddr_t
from shootdown.hw.cpu import hw_irqs_off, hw_irqs_on, hw_load_cr3
from shootdown.hw.tlb import hw_flush_tlb_all, hw_invlpg
from shootdown.lang import NULL, Bool, Ref, atomic, has, kernel, local, record, this_cpu
from shootdown.linux.arch.x86.include.asm.pgtable import PMD_SIZE
from shootdown.linux.arch.x86.include.asm.tlbflush import cpu_tlbstate, flush_tlb_info
from shootdown.linux.bounds import LAZY_TLB, PAGE_SHIFT, TLB_FLUSH_ALL, flush_end_t, gen_t, stride_t
from shootdown.linux.features import (
    FLUSH_GEN_SKIP,
    X86_FLUSH_RANGE_TABLES,
    X86_LAZY_FLUSH,
    X86_LAZY_LAZIER,
    X86_LAZY_REWORK,
)
from shootdown.linux.include.linux.mm_types import mm_struct, vm_area_struct
from shootdown.linux.include.linux.mm_types_task import tlbflush_unmap_batch
from shootdown.linux.include.linux.preempt import preempt_disable, preempt_enable
from shootdown.linux.kernel.smp import sd_send_request, sd_wait_for_request

__all__ = [
    "arch_tlbbatch_add_pending",
    "arch_tlbbatch_flush",
    "enter_lazy_tlb",
    "flush_tlb_func",
    "flush_tlb_local",
    "flush_tlb_mm",
    "flush_tlb_mm_range",
    "flush_tlb_multi",
    "flush_tlb_one_user",
    "flush_tlb_page",
    "flush_tlb_range",
    "inc_mm_tlb_gen",
    "leave_mm",
    "sd_catch_up",
    "sd_enter_mask",
    "sd_flush_range",
    "sd_lazy_spared",
    "sd_leave_mask",
    "switch_mm_irqs_off",
]


@kernel
def flush_tlb_mm_range(
    mm: Ref[mm_struct],
    start: vaddr_t,
    end: flush_end_t,
    stride_shift: stride_t,
    freed_tables: Bool,
) -> None:
    """Make all CPUs forget what they know of a range of the address space.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: interrupts on; may be called with the ptl held
    Deviates: a range is never so long that all is flushed instead; no global ASIDs (INVLPGB); no
        secondary MMUs
    """
    preempt_disable()
    info = local(flush_tlb_info)
    info.mm = mm
    info.start = start
    info.end = end
    info.stride_shift = stride_shift
    info.freed_tables = freed_tables
    info.new_tlb_gen = inc_mm_tlb_gen(mm)
    if mm.cpu_bitmap & ~(1 << this_cpu()) != 0:
        flush_tlb_multi(mm.cpu_bitmap, info)
    elif record(cpu_tlbstate, this_cpu()).loaded_mm == mm:
        hw_irqs_off()
        flush_tlb_func(info)
        hw_irqs_on()
    preempt_enable()


@kernel
def flush_tlb_mm(mm: Ref[mm_struct]) -> None:
    """Make all CPUs forget what they know of the address space, lazy ones included.

    Kernel: arch/x86/include/asm/tlbflush.h, v6.18
    Context: interrupts on; may be called with the ptl held
    Deviates: nothing
    """
    flush_tlb_mm_range(mm, 0, TLB_FLUSH_ALL, PAGE_SHIFT, True)


@kernel
def flush_tlb_page(vma: Ref[vm_area_struct], a: vaddr_t) -> None:
    """Make all CPUs forget what they know of one page.

    Kernel: arch/x86/include/asm/tlbflush.h, v6.18
    Context: interrupts on; may be called with the ptl held
    Deviates: nothing
    """
    flush_tlb_mm_range(vma.vm_mm, a, a + 1, PAGE_SHIFT, False)


@kernel
def flush_tlb_range(vma: Ref[vm_area_struct], start: vaddr_t, end: vaddr_t) -> None:
    """Make all CPUs forget what they know of a range of a mapping.

    Kernel: arch/x86/include/asm/tlbflush.h, v6.18, commit 3ef938c35035
    Context: interrupts on; may be called with the ptl held
    Deviates: nothing
    """
    flush_tlb_mm_range(vma.vm_mm, start, end, PAGE_SHIFT, has(X86_FLUSH_RANGE_TABLES))


@kernel
def inc_mm_tlb_gen(mm: Ref[mm_struct]) -> gen_t:
    """Begin a generation of the address space, and return its number.

    Kernel: arch/x86/include/asm/tlbflush.h, v6.18
    Context: any
    Deviates: nothing
    """
    with atomic():
        generation: gen_t = mm.tlb_gen + 1
        mm.tlb_gen = generation
        return generation


@kernel
def flush_tlb_multi(cpumask: cpumask_t, info: Ref[flush_tlb_info]) -> None:
    """Flush on the CPUs of the mask: interrupt the others, flush here meanwhile, then wait.

    Kernel: arch/x86/mm/tlb.c, v6.18, commit 4ce94eabac16
    Context: preemption disabled, interrupts on
    Deviates: nothing
    """
    targets: cpumask_t = cpumask & ~(1 << this_cpu())
    if LAZY_TLB and has(X86_LAZY_LAZIER):
        targets = sd_lazy_spared(targets, info.freed_tables)
    sd_send_request(targets, info)
    if (cpumask >> this_cpu()) & 1 == 1:
        hw_irqs_off()
        flush_tlb_func(info)
        hw_irqs_on()
    sd_wait_for_request()


@kernel
def sd_lazy_spared(cpumask: cpumask_t, freed_tables: Bool) -> cpumask_t:
    """Return the CPUs of the mask that must flush: lazy ones only if page tables were freed.

    Kernel: none
    Context: any; a CPU that is lazy by then makes up for the flush when it is so no longer
    Deviates: stands for on_each_cpu_cond_mask() with should_flush_tlb(), which also spares CPUs
        whose bit in the mask is outdated; no bit is
    """
    if freed_tables:
        return cpumask
    kept: cpumask_t = 0
    for cpu in range(NR_CPUS):
        if (cpumask >> cpu) & 1 == 1 and not record(cpu_tlbstate, cpu).is_lazy:
            kept = kept | (1 << cpu)
    return kept


@kernel
def flush_tlb_func(info: Ref[flush_tlb_info]) -> None:
    """Do on this CPU what the flush asks for, unless it is done already.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: interrupts off
    Deviates: one address-space identifier a CPU
    """
    state = record(cpu_tlbstate, this_cpu())
    mm = state.loaded_mm
    if mm is NULL or (info.mm is not NULL and mm != info.mm):
        return
    if LAZY_TLB and state.is_lazy:
        if has(X86_LAZY_FLUSH) or not has(X86_LAZY_REWORK):
            leave_mm()
        return
    local_tlb_gen = state.tlb_gen
    if has(FLUSH_GEN_SKIP) and 0 < info.new_tlb_gen <= local_tlb_gen:
        return
    mm_tlb_gen = mm.tlb_gen
    if local_tlb_gen == mm_tlb_gen:
        return
    is_next = info.new_tlb_gen == local_tlb_gen + 1 and info.new_tlb_gen == mm_tlb_gen
    sd_flush_range(info.start, info.end if is_next else TLB_FLUSH_ALL, info.stride_shift)
    state.tlb_gen = mm_tlb_gen


@kernel
def sd_flush_range(start: vaddr_t, end: flush_end_t, stride_shift: stride_t) -> None:
    """Forget a range, stride by stride, or everything, on this CPU.

    Kernel: none
    Context: any
    Deviates: nothing
    """
    if end == TLB_FLUSH_ALL:
        flush_tlb_local()
    elif stride_shift == PAGE_SHIFT:
        for addr in range(start, end):
            flush_tlb_one_user(addr)
    else:
        for i in range((end - start + PMD_SIZE - 1) // PMD_SIZE):
            flush_tlb_one_user(start + i * PMD_SIZE)


@kernel
def flush_tlb_one_user(addr: vaddr_t) -> None:
    """Forget one page on this CPU.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: any
    Deviates: no page-table isolation
    """
    hw_invlpg(addr)


@kernel
def flush_tlb_local() -> None:
    """Forget everything on this CPU.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: any
    Deviates: no page-table isolation
    """
    hw_flush_tlb_all()


@kernel
def enter_lazy_tlb(mm: Ref[mm_struct]) -> None:
    """Borrow the loaded address space for a kernel thread, which does not care which it is.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: interrupts off
    Deviates: identifiers of address spaces (PCID), with which v4.14 to v4.19 are never lazy
    """
    assert LAZY_TLB
    state = record(cpu_tlbstate, this_cpu())
    if state.loaded_mm is NULL:
        return
    state.is_lazy = True
    if has(X86_LAZY_REWORK) and not has(X86_LAZY_FLUSH):
        sd_leave_mask(mm)


@kernel
def leave_mm() -> None:
    """Give a borrowed address space up.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: interrupts off, the CPU is lazy
    Deviates: in an interrupt all is one step: no third CPU sees the mask without this CPU and the
        root still loaded
    """
    switch_mm_irqs_off(NULL)


@kernel
def sd_leave_mask(mm: Ref[mm_struct]) -> None:
    """Let the flushes of an address space go without this CPU.

    Kernel: none
    Context: any
    Deviates: stands for cpumask_clear_cpu()
    """
    with atomic():
        mm.cpu_bitmap = mm.cpu_bitmap & ~(1 << this_cpu())


@kernel
def sd_enter_mask(mm: Ref[mm_struct]) -> None:
    """Let the flushes of an address space reach this CPU.

    Kernel: none
    Context: any
    Deviates: stands for cpumask_set_cpu()
    """
    with atomic():
        mm.cpu_bitmap = mm.cpu_bitmap | (1 << this_cpu())


@kernel
def switch_mm_irqs_off(next: Ref[mm_struct]) -> None:
    """Load another address space on this CPU, or NULL for init_mm.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: interrupts off
    Deviates: no identifiers that keep translations over a switch; that a CPU stays in the mask of
        the address space before, and is told from the others by its loaded_mm, is seen here as
        leaving the mask last
    """
    state = record(cpu_tlbstate, this_cpu())
    prev = state.loaded_mm
    was_lazy = state.is_lazy
    state.is_lazy = False
    if prev is not NULL and prev == next:
        if was_lazy:
            sd_catch_up(next)
        return
    if next != NULL:
        sd_enter_mask(next)
        state.tlb_gen = next.tlb_gen
        hw_load_cr3(next.pgd)
    else:
        hw_load_cr3(NULL)
    state.loaded_mm = next
    if prev is not NULL:
        sd_leave_mask(prev)


@kernel
def sd_catch_up(mm: Ref[mm_struct]) -> None:
    """Flush what was missed while the address space was borrowed only.

    Kernel: none
    Context: interrupts off
    Deviates: stands in switch_mm_irqs_off()
    """
    state = record(cpu_tlbstate, this_cpu())
    next_tlb_gen = mm.tlb_gen
    if state.tlb_gen != next_tlb_gen:
        flush_tlb_local()
        state.tlb_gen = next_tlb_gen


@kernel
def arch_tlbbatch_add_pending(batch: Ref[tlbflush_unmap_batch], mm: Ref[mm_struct]) -> None:
    """Add the CPUs that use an address space to those that are to be flushed.

    Kernel: arch/x86/include/asm/tlbflush.h, v6.18
    Context: ptl held, an entry of the address space was changed
    Deviates: no secondary MMUs, which are told here
    """
    inc_mm_tlb_gen(mm)
    batch.cpumask = batch.cpumask | mm.cpu_bitmap


@kernel
def arch_tlbbatch_flush(batch: Ref[tlbflush_unmap_batch]) -> None:
    """Flush on all CPUs of the batch whatever address space they have.

    Kernel: arch/x86/mm/tlb.c, v6.18
    Context: interrupts on
    Deviates: no global ASIDs (INVLPGB)
    """
    preempt_disable()
    info = local(flush_tlb_info)
    info.end = TLB_FLUSH_ALL
    if batch.cpumask & ~(1 << this_cpu()) != 0:
        flush_tlb_multi(batch.cpumask, info)
    elif batch.cpumask != 0:
        hw_irqs_off()
        flush_tlb_func(info)
        hw_irqs_on()
    batch.cpumask = 0
    preempt_enable()
