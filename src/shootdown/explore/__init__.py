# SPDX-License-Identifier: MIT
"""The explorers: every interleaving of a compiled program."""

from __future__ import annotations

import gc
from pathlib import Path

__all__ = ["collect_rarely", "memory_available"]


def collect_rarely() -> None:
    """Look for garbage only now and then: a compiler makes much that lives (see `engine.py`)."""
    gc.disable()


def memory_available() -> int | None:
    """Return how many bytes an exploration may use where the user sets no limit: 3/4 of what is."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024 * 3 // 4
    return None
