# SPDX-License-Identifier: MIT
"""`protection`, for truncated files: once truncate() has returned, nobody reaches their pages.

Not even by mapping them anew: each page that the call began with, and that is not free when it
returns, is out of reach from then on, wherever it is mapped.

Not vacuous: broken when a fault does not look whether its page is still one of the file's.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES, cpu_id, pfn_t, vpn_t
from shootdown.hw.events import access_made, page_freed, truncation_begun, truncation_done
from shootdown.lang import NR_TASKS, Array, Bool, array, check, on, record, struct, this_task

__all__ = ["out_of_reach"]


@struct(count=NR_TASKS)
class truncation:
    """What the call of a task truncates."""

    frames: Array[Bool] = array(NR_PAGES)


@struct(count=NR_PAGES)
class out_of_reach:
    """What the monitor remembers of a frame."""

    by_truncation: Bool


@on(truncation_begun)
def note_truncated_frame(pfn: pfn_t) -> None:
    """Remember a frame that the call truncates."""
    record(truncation, this_task()).frames[pfn] = True


@on(truncation_done)
def put_out_of_reach() -> None:
    """Forbid what is left of the file's pages."""
    own = record(truncation, this_task())
    for pfn in range(NR_PAGES):
        if own.frames[pfn]:
            record(out_of_reach, pfn).by_truncation = True
            own.frames[pfn] = False


@on(access_made)
def frame_is_in_reach(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each access by the frame that it reaches."""
    check(not record(out_of_reach, pfn).by_truncation, "protection")


@on(page_freed)
def forget_freed_frame(pfn: pfn_t) -> None:
    """Let the frame's next owner start anew; older translations are `stale_access` from here on."""
    record(out_of_reach, pfn).by_truncation = False
    for task in range(NR_TASKS):
        record(truncation, task).frames[pfn] = False
