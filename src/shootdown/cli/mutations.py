# SPDX-License-Identifier: MIT
"""`shootdown check --mutate`: who notices if something is taken out of the kernel?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shootdown.cli.answers import Answer
from shootdown.cli.exits import Exit
from shootdown.errors import InputError
from shootdown.execution import Fate, Mutant, Survey
from shootdown.report.mutations import mutations_table

if TYPE_CHECKING:
    from shootdown.api import Limits, OnProgress

__all__ = ["mutations"]

_PROCESSES_MAX = 2
"""A mutant is small: most of the time goes into compiling it."""


def mutations(
    scenarios: Sequence[str],
    *,
    kernels: Sequence[str],
    without: Sequence[str],
    config: dict[str, int],
    bounds: dict[str, int],
    limits: Limits,
    progress: OnProgress | None,
) -> Answer:
    """Answer with the table of mutations, as far as it got if the user interrupts it."""
    from shootdown import api

    if len(kernels) > 1:
        raise InputError("--mutate: one kernel at a time\nhelp: give --kernel once")
    survey = api.mutate(
        scenarios,
        kernel=kernels[0] if kernels else "",
        without=without,
        config=config,
        bounds=bounds,
        limits=limits,
        processes=min(_PROCESSES_MAX, os.cpu_count() or 1),
        progress=progress,
    )
    found: list[Mutant] = []
    is_interrupted = False
    try:
        found.extend(survey.mutants)
    except KeyboardInterrupt:
        is_interrupted = True
    code = Exit.INTERRUPTED if is_interrupted else _code(survey, found)
    return Answer(mutations_table(survey, found), code)


def _code(survey: Survey, mutants: Sequence[Mutant]) -> Exit:
    fates = {mutant.fate for mutant in mutants}
    if Fate.UNNOTICED in fates:
        return Exit.VIOLATED
    is_open = Fate.INCONCLUSIVE in fates or survey.undecided
    return Exit.INCONCLUSIVE if is_open else Exit.HOLDS
