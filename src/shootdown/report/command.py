# SPDX-License-Identifier: MIT
"""The command line that reproduces a result, ready for a shell."""

from __future__ import annotations

import shlex

from shootdown.execution import Result

__all__ = ["reproduce"]


def reproduce(result: Result) -> str:
    """Return the `shootdown check` that gives this result again."""
    words = ["shootdown", "check", result.argument or result.scenario, "--kernel", result.kernel]
    for feature in result.without:
        words += ["--without", feature]
    for patch in result.patches:
        words += ["--patch", patch]
    return shlex.join([*words, *result.overrides])
