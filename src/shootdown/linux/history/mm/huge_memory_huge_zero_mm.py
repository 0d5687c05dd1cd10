# SPDX-License-Identifier: GPL-2.0-only
"""The huge zero page before v4.9: each entry that maps it counts."""

from __future__ import annotations

from shootdown.lang import Ref, kernel, record
from shootdown.linux.features import HUGE_ZERO_MM
from shootdown.linux.include.linux.mm_types import folio, mm_struct
from shootdown.linux.mm.huge_memory_zero import get_huge_zero_folio, sd_huge_zero

__all__ = ["mm_get_huge_zero_folio"]


@kernel(before=HUGE_ZERO_MM)
def mm_get_huge_zero_folio(mm: Ref[mm_struct]) -> Ref[folio]:
    """Return the huge zero page, counted once more.

    Kernel: mm/huge_memory.c, v4.8 (get_huge_zero_page)
    Context: may sleep
    Deviates: nothing
    """
    get_huge_zero_folio()
    return record(sd_huge_zero, 0).huge_zero_folio
