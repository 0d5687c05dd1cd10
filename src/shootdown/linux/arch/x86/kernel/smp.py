# SPDX-License-Identifier: GPL-2.0-only
"""Entry of interrupts from other CPUs."""

from __future__ import annotations

from shootdown.hw.bounds import cpu_id
from shootdown.lang import kernel, local
from shootdown.linux.arch.x86.include.asm.tlbflush import flush_tlb_info
from shootdown.linux.arch.x86.mm.tlb import flush_tlb_func
from shootdown.linux.kernel.smp import sd_fetch_request

__all__ = ["sysvec_call_function"]


@kernel
def sysvec_call_function(sender: cpu_id) -> None:
    """Carry out what another CPU asks of this one.

    Kernel: arch/x86/kernel/smp.c, v6.18
    Context: interrupt
    Deviates: the only function ever called is flush_tlb_func()
    """
    info = local(flush_tlb_info)
    sd_fetch_request(sender, info)
    flush_tlb_func(info)
