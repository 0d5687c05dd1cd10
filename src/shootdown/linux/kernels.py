# SPDX-License-Identifier: GPL-2.0-only
"""The kernels that scenarios declare verdicts for, oldest first."""

from __future__ import annotations

from shootdown.lang import release

__all__ = ["KERNELS"]

KERNELS = (
    release("v2.6.39"),
    release("v3.0"),
    release("v3.6"),
    release("v3.10"),
    release("v3.14"),
    release("v3.15"),
    release("v3.18"),
    release("v3.19"),
    release("v4.3"),
    release("v4.8"),
    release("v4.14"),
    release("v4.20"),
    release("v6.1"),
    release("v6.2"),
    release("v6.18"),
)
