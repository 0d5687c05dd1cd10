# SPDX-License-Identifier: MIT
"""What an exploration found out, with what it covered. Unknown is never "holds"."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from shootdown.execution.execution import Execution

__all__ = ["INTERRUPTED", "Result", "Verdict"]

INTERRUPTED = "interrupted"
"""Why an exploration ended when the user pressed Ctrl-C."""


class Verdict(StrEnum):
    """The four answers; each has its exit code in the command line."""

    HOLDS = "holds"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one scenario under one kernel.

    `invariant` names what broke, with `site` (file:line) and `message`. `declared` is the verdict
    that the scenario declares for that kernel (`holds`, `violated: lost_write`, empty: none) and
    `source` the commit or corpus entry behind it (empty: found by the model). `states`,
    `transitions` and `depth` are counted as `docs/SEMANTICS.md` defines.
    `argument` is what the user typed for the scenario where that is not its name (a file),
    `patches` the files given, `overrides` the further words of the command line that the result
    depends on (`--bound`, `NR_PAGES=2`). `fixed_by` cites the feature that ends the violation,
    as kernel commits do: 12 digits, subject, release. `unreached` and `reached` are the lines of
    modelled kernel functions that no step, or some step, went through, as `file:line`.
    """

    scenario: str
    kernel: str
    without: tuple[str, ...]
    config: dict[str, int | bool]
    bounds: dict[str, int]
    verdict: Verdict
    invariant: str = ""
    site: str = ""
    message: str = ""
    declared: str = ""
    source: str = ""
    states: int = 0
    transitions: int = 0
    depth: int = 0
    memory_order: str = "sequentially consistent"
    seconds: float = 0.0
    reason: str = ""
    deviations: int = 0
    unreached: tuple[str, ...] = ()
    reached: frozenset[str] = frozenset()
    argument: str = ""
    patches: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    fixed_by: str = ""
    execution: Execution | None = field(default=None)
