# SPDX-License-Identifier: MIT
"""How many states each packaged scenario has under each kernel, as a committed table.

A change of the model or of a reduction changes the table, and shows in the commit what it costs:
`python -m tests.scenarios.counts` writes it anew, or the lines of the scenarios that it is given.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from shootdown import api
from shootdown.execution import Result

__all__ = ["TABLE", "check", "row", "rows"]

TABLE = Path(__file__).with_name("counts.txt")
WORDS = "{:<26} {:<8} {:>9} {:>11} {:>5}"
HEAD = WORDS.format("scenario", "kernel", "states", "transitions", "depth")


def row(result: Result) -> str:
    """Return the line of the table for a result; equal programs have equal counts."""
    counts = (result.states, result.transitions, result.depth)
    return WORDS.format(result.scenario, result.kernel, *counts).rstrip()


def rows() -> dict[tuple[str, str], str]:
    """Return the committed lines by scenario and kernel."""
    lines = TABLE.read_text("utf-8").splitlines()[1:]
    return {(line.split()[0], line.split()[1]): line for line in lines}


def check(scenario: str) -> list[Result]:
    """Check a scenario under all kernels."""
    return list(api.check([scenario], kernels=[api.ALL_KERNELS]))


def write(changed: Sequence[str]) -> None:
    """Write the table: `changed` scenarios or, without any, all of them."""
    names = [name for name, _ in api.catalogue("scenarios").rows]
    results = api.check(changed or names, kernels=[api.ALL_KERNELS], processes=os.cpu_count() or 1)
    lines = {(r.scenario, r.kernel): row(r) for r in results}
    if changed:
        kept = {key: line for key, line in rows().items() if key[0] not in changed}
        lines |= kept
    ordered = sorted(lines, key=lambda key: names.index(key[0]))
    TABLE.write_text("\n".join([HEAD, *(lines[key] for key in ordered), ""]), "utf-8")


if __name__ == "__main__":
    write(sys.argv[1:])
