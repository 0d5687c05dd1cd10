# SPDX-License-Identifier: GPL-2.0-only
"""Calls of a function on other CPUs: what is asked for, one request a sender."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shootdown.hw.bounds import NR_CPUS, cpu_id, cpumask_t, vaddr_t
from shootdown.hw.ipi import hw_send_ipi, hw_wait_for_ipis, ipi_acknowledge, ipi_deliverable
from shootdown.lang import (
    NULL,
    Ref,
    atomic,
    choose,
    hardware_task,
    has,
    kernel,
    local,
    record,
    rest,
    struct,
    this_cpu,
    wait_until,
)
from shootdown.linux.arch.x86.include.asm.tlbflush import flush_tlb_info
from shootdown.linux.bounds import PAGE_SHIFT, flush_end_t, gen_t, stride_t
from shootdown.linux.features import X86_CALL_FUNCTION_IPI
from shootdown.linux.include.linux.mm_types import mm_struct

if TYPE_CHECKING:
    from shootdown.linux.arch.x86.mm.tlb import flush_tlb_func
    from shootdown.linux.history.arch.tlb_x86_flush_range import smp_invalidate_interrupt

__all__ = [
    "call_single_data",
    "generic_smp_call_function_interrupt",
    "interrupts",
    "sd_fetch_request",
    "sd_send_request",
    "sd_wait_for_request",
]


@struct(count=NR_CPUS)
class call_single_data:
    """The call that a CPU asks of others: always flush_tlb_func, with this flush_tlb_info.

    It is laid down in the step that sends the interrupts, before which no other CPU looks, and is
    forgotten in the step that sees the last acknowledgement, after which none does.
    """

    mm: Ref[mm_struct]
    start: vaddr_t
    end: flush_end_t
    new_tlb_gen: gen_t
    stride_shift: stride_t


@hardware_task(on="all", kind="irq")
def interrupts() -> None:
    """Handle one interrupt after the other, each in one step."""
    while True:
        rest()
        with atomic():
            sender = choose(NR_CPUS)
            wait_until(ipi_deliverable(sender))
            if has(X86_CALL_FUNCTION_IPI):
                generic_smp_call_function_interrupt(sender)
            else:
                smp_invalidate_interrupt(sender)
            ipi_acknowledge(sender)


@kernel
def generic_smp_call_function_interrupt(sender: cpu_id) -> None:
    """Carry out what another CPU asks of this one.

    Kernel: include/linux/smp.h, v6.18
    Context: interrupt
    Deviates: the only function ever called is flush_tlb_func()
    """
    info = local(flush_tlb_info)
    sd_fetch_request(sender, info)
    flush_tlb_func(info)


@kernel
def sd_send_request(mask: cpumask_t, info: Ref[flush_tlb_info]) -> None:
    """Ask the CPUs of the mask for a flush: the first half of smp_call_function_many_cond().

    Kernel: none
    Context: preemption disabled, interrupts on
    Deviates: one request for all CPUs, where the kernel queues one for each
    """
    with atomic():
        request = record(call_single_data, this_cpu())
        request.mm = info.mm
        request.start = info.start
        request.end = info.end
        request.new_tlb_gen = info.new_tlb_gen
        request.stride_shift = info.stride_shift
        hw_send_ipi(mask)


@kernel
def sd_wait_for_request() -> None:
    """Wait until all asked have flushed: the second half of smp_call_function_many_cond().

    Kernel: none
    Context: preemption disabled, interrupts on
    Deviates: nothing
    """
    with atomic():
        hw_wait_for_ipis()
        request = record(call_single_data, this_cpu())
        request.mm = NULL
        request.start = 0
        request.end = 0
        request.new_tlb_gen = 0
        request.stride_shift = PAGE_SHIFT


@kernel
def sd_fetch_request(sender: cpu_id, info: Ref[flush_tlb_info]) -> None:
    """Copy what `sender` asks for.

    Kernel: none
    Context: interrupt handler
    Deviates: the kernel follows a pointer
    """
    request = record(call_single_data, sender)
    info.mm = request.mm
    info.start = request.start
    info.end = request.end
    info.new_tlb_gen = request.new_tlb_gen
    info.stride_shift = request.stride_shift
