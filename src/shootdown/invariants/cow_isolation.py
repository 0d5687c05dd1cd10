# SPDX-License-Identifier: MIT
"""No store reaches a page of no file that another address space has, too.

After a fork, both processes have the same pages, and each may load from them as if they were its
own. So a store must find a copy in place of such a page. It does not matter whether an entry in
the tables allows it or one that a TLB has kept: the other would load what it never stored.

The pages of files are left out, which are shared for good. So are frames that were freed, to which
a store is `stale_access`.

Not vacuous: broken when reclaim puts the entries of a large folio back, of which some are shared,
all with the rights of the first.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    ANON_SHARED,
    LEVELS,
    NR_TABLES,
    NR_VPN,
    cpu_id,
    pfn_t,
    table_nr,
    vpn_t,
)
from shootdown.hw.cpu import processor
from shootdown.hw.events import access_made
from shootdown.hw.memory import entry_for, keeps_frame, table
from shootdown.hw.published import page_flags
from shootdown.lang import Bool, check, hw, invariant, on, record

__all__ = ["cow_isolation"]

cow_isolation = invariant(
    "cow_isolation", "a store reaches a page of no file that another process has, too"
)


@on(access_made)
def store_stays_in_its_address_space(
    cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool
) -> None:
    """Judge each store to a page of no file."""
    if ANON_SHARED and write and not stale and not record(page_flags, pfn).cached:
        for root in range(NR_TABLES):
            if record(table, root).level == LEVELS and record(processor, cpu).root != record(
                table, root
            ):
                check(not is_mapped_in(root, pfn), "cow_isolation")


@hw
def is_mapped_in(root: table_nr, pfn: pfn_t) -> Bool:
    """Tell whether an address space maps the frame."""
    for vpn in range(NR_VPN):
        entry = entry_for(root, vpn)
        if keeps_frame(entry) and entry.pfn == pfn:
            return True
    return False
