# SPDX-License-Identifier: GPL-2.0-only
"""Reclaim before v4.8: it begins with nothing put off, whatever the task was doing."""

from __future__ import annotations

from shootdown.lang import Ref, has, kernel, record, this_task
from shootdown.linux.features import UNMAP_BATCH, UNMAP_BATCH_KEPT
from shootdown.linux.include.linux.mm_types_task import tlbflush_unmap_batch
from shootdown.linux.mm.vmscan import scan_control, shrink_inactive_list

__all__ = ["init_tlb_ubc", "shrink_lruvec"]


@kernel(before=UNMAP_BATCH_KEPT)
def shrink_lruvec(sc: Ref[scan_control]) -> None:
    """Free pages of the lists of a zone, or of a group of tasks.

    Kernel: mm/vmscan.c, v4.3, commit 72b252aed506
    Context: may sleep
    Deviates: one list and one pass
    """
    if has(UNMAP_BATCH):
        init_tlb_ubc()
    shrink_inactive_list(sc)


@kernel
def init_tlb_ubc() -> None:
    """Begin with nothing put off.

    Kernel: mm/vmscan.c, v4.3
    Context: any
    Deviates: nothing; the CPUs and `writable` stay as they are
    """
    record(tlbflush_unmap_batch, this_task()).flush_required = False
