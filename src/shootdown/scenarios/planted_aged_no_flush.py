# SPDX-License-Identifier: GPL-2.0-only
"""planted-aged-no-flush: reclaim takes out an entry that was not used lately, and does not flush

A planted mistake, on x86: arm64 had it that no TLB has an entry that is not marked as used, until
07509e10dcc7 (v5.10). That is what its manual says of entries that nobody changes. But reclaim takes
the mark away, and does not wait for the flush that goes with that; on x86, there is none. A thread
still uses what its TLB has, which sets no mark. So reclaim finds that the page was not used, takes
the entry out, flushes nothing, and frees the page.

No flush is put off here, as on arm64 before v6.6. With the rule of x86, each entry is then flushed
under the page-table lock, as everywhere up to v4.2, and reclaim+writer holds. From 354dffd29575
(v6.15) on nobody asks what TLBs may have if the flush is not put off.
"""

from __future__ import annotations

from shootdown.lang import Bool, Ref, absent, holds, kernel, record, setup, since, task, violated
from shootdown.linux.arch.x86.include.asm.pgtable import pte_present, pte_t
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.include.linux.rmap import ttu_flags
from shootdown.linux.kernel.pressure import sd_use_file_long_ago
from shootdown.linux.kernel.user import sd_user
from shootdown.linux.mm.vmscan import try_to_free_pages

NAME = "planted-aged-no-flush"
BOUNDS = {"NR_VMAS": 1, "LEVELS": 1, "PTRS_PER_TABLE": 1}
CONFIG = {"RECLAIM": True}
EXPECT = (
    since("v2.6.39", absent()),
    since("v3.8", violated("stale_access"), source="B08 / 07509e10dcc7"),
    since("v6.15", holds(), source="354dffd29575"),
)


@kernel
def pte_accessible(mm: Ref[mm_struct], pte: pte_t) -> Bool:
    """Tell whether a TLB may have what an entry said: not if it was not used.

    Kernel: arch/arm64/include/asm/pgtable.h, v5.9, on x86
    Context: ptl held
    Deviates: nothing
    """
    if mm.tlb_flush_pending > 0:
        return pte_present(pte)
    return pte.present and pte.accessed


@kernel
def should_defer_flush(mm: Ref[mm_struct], flags: ttu_flags) -> Bool:
    """Put no flush off.

    Kernel: mm/rmap.c, v5.9, as built for arm64
    Context: ptl held
    Deviates: nothing
    """
    return False


@setup(cpu=1)
def process() -> None:
    """Map a page of a file and load from it, and then do something else for a while."""
    sd_use_file_long_ago(record(mm_struct, 0), record(address_space, 0), False)


@task(cpu=0)
def reclaimer() -> None:
    """Free the page."""
    try_to_free_pages()


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page, not knowing."""
    sd_user(1, 0)
