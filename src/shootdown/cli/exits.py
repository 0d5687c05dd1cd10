# SPDX-License-Identifier: MIT
"""The exit codes, the same for every verb."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Exit"]


class Exit(IntEnum):
    """What a shell, `git bisect run` or a CI job learns from a run."""

    HOLDS = 0
    VIOLATED = 1
    BAD_INPUT = 2
    INCONCLUSIVE = 3
    SKIPPED = 4
    OUR_BUG = 70
    INTERRUPTED = 130
