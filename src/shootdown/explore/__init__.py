# SPDX-License-Identifier: MIT
"""The explorers: every interleaving of a compiled program."""

from __future__ import annotations

from pathlib import Path

__all__ = ["memory_available"]


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
