# SPDX-License-Identifier: GPL-2.0-only
"""reclaim+swapin: a page comes back from the swap area before reclaim has flushed

A page of fresh memory was in the swap area, and a load has brought it back: it is clean, and its
slot still has what it holds. One thread goes on loading from it. Reclaim unmaps the page; its entry
is clean, so the flush can wait until the page is freed. The page leaves the swap cache at once.

Another thread of the process stores to the page. It takes a fault, finds a swap entry and nothing
in the swap cache, and reads the slot into another frame. No flush belongs to that, since the entry
was not present. Now each thread has a page of its own: the first one loads from the old frame, and
does not see what the second one has stored, though it may have been told by other means that it
has. This ends with the flush at the end of the list, which may take long: the task that reclaims
may write other pages of its list, or lose its CPU.

Up to v4.2, the page is flushed under the page-table lock, before anybody finds a swap entry.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.include.linux.mm_types import mm_struct
from shootdown.linux.kernel.pressure import sd_age_memory
from shootdown.linux.kernel.user import sd_access, sd_run_in, sd_swap_out, sd_take_memory, sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "reclaim+swapin"
BOUNDS = {"NR_CPUS": 3, "NR_PAGES": 4, "LEVELS": 1, "PTRS_PER_TABLE": 1, "NR_VMAS": 1}
CONFIG = {"CONFIG_SWAP": True, "RECLAIM": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v4.3", violated("coherence")),
)


@setup(cpu=1)
def process() -> None:
    """Load a page back from the swap area, and let it grow old."""
    sd_take_memory(record(mm_struct, 0), 1)
    sd_access(0, True)
    sd_swap_out(0)
    sd_access(0, False)
    sd_age_memory()


@setup(cpu=2)
def second_thread() -> None:
    """Run in it, too."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=2, kind="user")
def writer() -> None:
    """Store to the page, which brings it back."""
    sd_user(0, 1)


@task(cpu=0)
def reclaimer() -> None:
    """Free what is old."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page, again and again."""
    sd_user(1, 0)
