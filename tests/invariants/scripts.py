# SPDX-License-Identifier: MIT
"""Scripts: what three CPUs do, one thing after the other, and what the monitors say of it.

A scenario tries all orders of its tasks; whether a monitor is exact shows where there is one order
only. A script has a line for each thing that happens: the CPU, and the model code that it runs.
CPU 0 and CPU 1 run threads of one process, CPU 2 one of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

from shootdown.api import ROOTS
from shootdown.api.asked import read_model
from shootdown.compiler.program import Request, build
from shootdown.explore.reference import explore

__all__ = ["FILE", "HUGE", "MEMORY", "Line", "judged"]

Line: TypeAlias = tuple[int, str]

HEAD = '''# SPDX-License-Identifier: GPL-2.0-only
"""script: one order of things

As a test has it.
"""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.access import cpu_access
from shootdown.hw.allocation import hw_alloc_frame, hw_free_frame
from shootdown.hw.bounds import LEVELS, table_nr, vpn_t
from shootdown.hw.copying import hw_copy_frame
from shootdown.hw.cpu import processor
from shootdown.hw.disk import (
    hw_alloc_block,
    hw_free_block,
    hw_read_block,
    hw_read_disk,
    hw_write_block,
    hw_write_disk,
)
from shootdown.hw.events import (
    disowning_done,
    fault_begun,
    fault_done,
    page_discarded,
    page_disowned,
    page_evicted,
    page_replaced,
    permission_begun,
    permission_done,
    place_disowned,
    truncation_begun,
    truncation_done,
    withdrawal_begun,
    withdrawal_done,
    write_protection_begun,
    write_protection_done,
)
from shootdown.hw.memory import (
    entry_at,
    entry_t,
    hw_clear_write,
    hw_read_entry,
    hw_test_and_clear_accessed,
    hw_write_entry,
    hw_xchg_entry,
)
from shootdown.hw.published import page_flags, page_origin, page_place
from shootdown.hw.tlb import hw_invlpg
from shootdown.lang import (
    NULL,
    Ptr,
    atomic,
    holds,
    index,
    kernel,
    record,
    replace,
    setup,
    since,
    struct,
    task,
    this_cpu,
    upto,
    wait_until,
)
from shootdown.linux.include.linux.mm_types import VM_READ, VM_WRITE, address_space, mm_struct
from shootdown.linux.kernel.user import (
    sd_access,
    sd_new_process,
    sd_read_file,
    sd_run_in,
)
from shootdown.linux.mm.mmap import do_mmap

NAME = "script"
BOUNDS = {bounds}
CONFIG = {config}
HARDWARE = {{"tlb_walker": ()}}
EXPECT = (since("v2.6.39", holds()),)


@struct(count=1)
class script:
    """How far the script is."""

    line: Annotated[int, upto({lines})]


@kernel
def line(number: Annotated[int, upto({lines})]) -> None:
    """Wait for a line of the script.

    Kernel: none
    Context: any
    Deviates: nothing
    """
    with atomic():
        wait_until(record(script, 0).line == number)


@kernel
def next_line() -> None:
    """Go on with the next line.

    Kernel: none
    Context: any
    Deviates: nothing
    """
    with atomic():
        record(script, 0).line = record(script, 0).line + 1


@kernel
def root() -> table_nr:
    """Return the root of this CPU's tables.

    Kernel: none
    Context: any
    Deviates: nothing
    """
    return index(record(processor, this_cpu()).root)


@kernel
def entry(vpn: vpn_t) -> Ptr[entry_t]:
    """Return the entry of a page in the root: the lowest, or that of a huge page.

    Kernel: none
    Context: any
    Deviates: nothing
    """
    return entry_at(root(), vpn, LEVELS)
'''

FILE = '''

@setup(cpu=0)
def process() -> None:
    """Map a page of a file twice."""
    sd_read_file(record(address_space, 0))
    sd_new_process(record(mm_struct, 0))
    do_mmap(record(address_space, 0), 0, 1, 0)
    do_mmap(record(address_space, 0), 1, 1, 0)


@setup(cpu=1)
def thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@setup(cpu=2)
def other_process() -> None:
    """Map the page in another process."""
    sd_new_process(record(mm_struct, 1))
    do_mmap(record(address_space, 0), 0, 1, 0)
'''

MEMORY = '''

@setup(cpu=0)
def process() -> None:
    """Take fresh memory, and store to it."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 0, 1, 0)
    sd_access(0, True)


@setup(cpu=1)
def thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))
'''

HUGE = '''

@setup(cpu=0)
def process() -> None:
    """Take fresh memory, as large as a huge page."""
    sd_new_process(record(mm_struct, 0))
    do_mmap(NULL, 0, 2, 0)


@setup(cpu=1)
def thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))
'''

TASK = """
@task(cpu={cpu})
def cpu{cpu}() -> None:
    \"\"\"Have a part in the script.\"\"\"
"""


def source(lines: Sequence[Line], setup: str, config: dict[str, bool]) -> str:
    """Return the scenario of a script."""
    bounds = {"NR_CPUS": 3, "NR_MM": 2, "NR_VMAS": 3, "NR_PAGES": 2}
    bounds["LEVELS"] = 2 if setup == HUGE else 1
    parts = [HEAD.format(bounds=bounds, config=config, lines=len(lines)), setup]
    for cpu in sorted({where for where, _ in lines}):
        parts.append(TASK.format(cpu=cpu))
        for number, (where, what) in enumerate(lines):
            if where == cpu:
                parts.append(f"    line({number})\n")
                parts.extend(f"    {text}\n" for text in what.splitlines())
                parts.append("    next_line()\n")
    return "".join(parts)


packaged = cache(read_model)


def judged(
    folder: Path,
    lines: Sequence[Line],
    *,
    setup: str = FILE,
    config: dict[str, bool] | None = None,
) -> str:
    """Return what the monitors say of a script: the invariant that it breaks, or `holds`."""
    path = folder / "script.py"
    path.write_text(source(lines, setup, config or {}), "utf-8")
    request = Request(
        library=packaged().library,
        roots=ROOTS,
        scenario=packaged().scenario(str(path)).module,
        features=packaged().kernel("v6.18", ()).features,
        settings={},
    )
    found = explore(build(request))
    return found.violations[0].kind if found.violations else "holds"
