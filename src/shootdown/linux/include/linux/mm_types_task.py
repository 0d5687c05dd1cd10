# SPDX-License-Identifier: GPL-2.0-only
"""What a task remembers of the pages that it has unmapped and not flushed."""

from __future__ import annotations

from shootdown.hw.bounds import cpumask_t
from shootdown.lang import NR_TASKS, OWN_TASK, Bool, guarded_by, struct

__all__ = ["tlbflush_unmap_batch"]


@struct(count=NR_TASKS)
class tlbflush_unmap_batch:
    """The flushes that a task owes (current->tlb_ubc)."""

    cpumask: cpumask_t = guarded_by(OWN_TASK)
    """The CPUs that may still have the translations (arch.cpumask since v4.14)."""

    flush_required: Bool = guarded_by(OWN_TASK)
    writable: Bool = guarded_by(OWN_TASK)
    """Some of the entries were dirty: CPUs may store through them without asking."""
