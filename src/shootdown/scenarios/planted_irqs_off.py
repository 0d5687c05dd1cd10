# SPDX-License-Identifier: GPL-2.0-only
"""planted-irqs-off: two CPUs wait for each other's flush with interrupts disabled

A planted mistake: a CPU that has asked others to flush disables interrupts while it waits. If one
of them has asked the first for a flush, too, and waits in the same way, neither handles the
other's interrupt: nobody can ever go on.
"""

from __future__ import annotations

from shootdown.hw.cpu import hw_irqs_off, hw_irqs_on
from shootdown.hw.ipi import hw_wait_for_ipis
from shootdown.lang import kernel, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_read_file, sd_run_in, sd_take_memory
from shootdown.linux.mm.mmap import do_mmap, sys_munmap
from shootdown.linux.mm.page_writeback import do_writepages

NAME = "planted-irqs-off"
BOUNDS = {"NR_PAGES": 2, "NR_VMAS": 2}
EXPECT = (since("v2.6.39", violated("deadlock"), source="planted"),)


@kernel
def sd_wait_for_request() -> None:
    """Wait until all asked have flushed, with interrupts disabled.

    Kernel: none
    Context: preemption disabled, interrupts on
    Deviates: disables interrupts
    """
    hw_irqs_off()
    hw_wait_for_ipis()
    hw_irqs_on()


@setup(cpu=1)
def process() -> None:
    """Take fresh memory and map a page of a file; store to both."""
    sd_read_file(record(address_space, 0))
    sd_take_memory(record(mm_struct, 0), 1)
    do_mmap(record(address_space, 0), 1, 1, 0)
    sd_access(0, True)
    sd_access(1, True)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def unmapper() -> None:
    """Give the memory back."""
    sys_munmap(0, 1)


@task(cpu=1)
def flusher() -> None:
    """Write the page of the file to the disk."""
    do_writepages(record(address_space, 0))
