# SPDX-License-Identifier: MIT
"""Nobody reads or writes a page table that was freed: neither a walk nor the kernel.

A walk that learnt of a table before it was freed, and reads it after another table took its frame,
counts as well.

Not vacuous: broken when a table is freed before the flush that follows its unlinking, or, for
walks without locks that rely on it, before all CPUs have had interrupts on.
"""

from __future__ import annotations

from shootdown.hw.bounds import cpu_id, table_nr, vpn_t
from shootdown.hw.events import freed_table_accessed, table_walked
from shootdown.lang import Bool, check, invariant, on, violation

__all__ = ["table_uaf"]

table_uaf = invariant("table_uaf", "a page table is used after it was freed")


@on(table_walked)
def walk_reads_a_live_table(cpu: cpu_id, vpn: vpn_t, table: table_nr, freed: Bool) -> None:
    """Judge each read of the page walker."""
    check(not freed, "table_uaf")


@on(freed_table_accessed)
def kernel_uses_a_live_table(table: table_nr) -> None:
    """Report an access of the kernel to a table of nobody."""
    violation("table_uaf")
