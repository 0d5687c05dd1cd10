# SPDX-License-Identifier: MIT
"""Function-call interrupts: a CPU asks others for something and waits for them.

An interrupt is pending from the send to the acknowledgement. What is asked for is kernel data,
one request a sender; the handler is the kernel's, and so is the task that runs it.

**Sending is one step.** A pending bit is seen by its target only, which may let it wait as long as
it likes. So an execution that sends to one CPU after the other is also one that sends to all at
the first send, and whose later targets begin later.

**A handler is one step.** Let it take several, and move all of them to the one that reads what
other CPUs write (the address space's generation, say), or to the first if none does. Its request
does not change, since the sender waits. Its CPU's own tasks do not run meanwhile, so none of them
sees a translation go earlier or later. A translation that was flushed before that step, or is
filled after it and flushed then, is one that the walker drops by itself. The acknowledgement comes
earlier, and the sender may take its time to notice. This holds for a handler that reads others'
memory in one step and writes nothing that they read, besides the acknowledgement: one that clears
its bit of `mm_cpumask` needs a step of its own for that, or an argument of its own.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_CPUS, cpu_id, cpumask_t
from shootdown.hw.cpu import processor
from shootdown.hw.events import ipi_acknowledged, ipi_sent
from shootdown.lang import Bool, atomic, hw, quiescent, record, struct, this_cpu, wait_until

__all__ = [
    "hw_send_ipi",
    "hw_wait_for_ipis",
    "ipi",
    "ipi_acknowledge",
    "ipi_deliverable",
]


@struct(count=NR_CPUS)
class ipi:
    """The interrupts that a CPU has sent."""

    pending: cpumask_t
    """The CPUs that have not acknowledged yet."""


@hw
def hw_send_ipi(targets: cpumask_t) -> None:
    """Interrupt the CPUs in `targets`; the sender's interrupts before were all acknowledged."""
    with atomic():
        line = record(ipi, this_cpu())
        assert line.pending == 0
        assert not (targets >> this_cpu()) & 1
        line.pending = targets
        ipi_sent(this_cpu(), targets)


@hw
def hw_wait_for_ipis() -> None:
    """Wait until all CPUs that this one has interrupted have acknowledged."""
    with atomic():
        wait_until(record(ipi, this_cpu()).pending == 0)


@hw
def ipi_deliverable(sender: cpu_id) -> Bool:
    """Tell whether this CPU has an interrupt from `sender` and lets it in."""
    is_pending = (record(ipi, sender).pending >> this_cpu()) & 1 == 1
    return is_pending and not record(processor, this_cpu()).irqs_off


@hw
def ipi_acknowledge(sender: cpu_id) -> None:
    """Tell the sender that this CPU has done what was asked for; the handler's last word."""
    line = record(ipi, sender)
    line.pending = line.pending & ~(1 << this_cpu())
    ipi_acknowledged(this_cpu(), sender)


@quiescent
def no_ipi_is_pending() -> Bool:
    """Judge end states only when every interrupt was handled."""
    for sender in range(NR_CPUS):
        if record(ipi, sender).pending != 0:
            return False
    return True
