# SPDX-License-Identifier: MIT
"""Contents of one frame come to another."""

from __future__ import annotations

from shootdown.hw.bounds import pfn_t
from shootdown.hw.events import page_copied
from shootdown.hw.memory import frame
from shootdown.lang import atomic, hw, record

__all__ = ["hw_copy_frame"]


@hw
def hw_copy_frame(pfn: pfn_t, to: pfn_t) -> None:
    """Copy what a frame holds to another; what is stored while that lasts comes before or after."""
    with atomic():
        record(frame, to).unsaved = record(frame, pfn).unsaved
        page_copied(pfn, to)
