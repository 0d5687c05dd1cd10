# SPDX-License-Identifier: MIT
"""The narrow waist: everything produces executions and verdicts, every report reads them."""

from __future__ import annotations

from shootdown.execution.execution import Action, Event, Execution, Frame, Step
from shootdown.execution.mutation import Fate, Mutant, Mutation, Survey
from shootdown.execution.verdict import INTERRUPTED, Result, Verdict

__all__ = [
    "INTERRUPTED",
    "Action",
    "Event",
    "Execution",
    "Fate",
    "Frame",
    "Mutant",
    "Mutation",
    "Result",
    "Step",
    "Survey",
    "Verdict",
]
