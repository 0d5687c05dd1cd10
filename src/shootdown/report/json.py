# SPDX-License-Identifier: MIT
"""The JSON that machines read and `explain` replays; `docs/reference/json.md` documents it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from shootdown.errors import InputError
from shootdown.execution import Result, Step
from shootdown.report.command import reproduce
from shootdown.report.verdicts import is_as_declared

__all__ = ["SCHEMA", "VERSION", "SavedResult", "decode", "encode"]

SCHEMA: Literal["shootdown/results"] = "shootdown/results"
VERSION: Literal[1] = 1


class SavedEvent(msgspec.Struct, frozen=True):
    """An event of a step: its name, and its arguments as text."""

    event: str
    arguments: dict[str, str] = {}


class SavedStep(msgspec.Struct, frozen=True):
    """One step: who moved, from which line, and what the world could see of it."""

    task: str
    kind: str
    cpu: int
    choice: int
    function: str
    file: str
    line: int
    text: str
    events: tuple[SavedEvent, ...] = ()


class SavedResult(msgspec.Struct, frozen=True):
    """The verdict on one scenario under one kernel, with the schedule that replays it."""

    scenario: str
    kernel: str
    verdict: Literal["holds", "violated", "inconclusive", "absent"]
    without: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    config: dict[str, int | bool] = {}
    bounds: dict[str, int] = {}
    invariant: str = ""
    site: str = ""
    message: str = ""
    declared: str = ""
    as_declared: bool = True
    source: str = ""
    fixed_by: str = ""
    reason: str = ""
    states: int = 0
    transitions: int = 0
    depth: int = 0
    memory_order: str = ""
    deviations: int = 0
    unreached: tuple[str, ...] = ()
    seconds: float = 0.0
    reproduce: str = ""
    argument: str = ""
    overrides: tuple[str, ...] = ()
    schedule: tuple[tuple[int, int], ...] = ()
    before: tuple[SavedStep, ...] = ()
    steps: tuple[SavedStep, ...] = ()


class _Document(msgspec.Struct, frozen=True):
    """The whole file."""

    schema: Literal["shootdown/results"]
    version: Literal[1]
    results: tuple[SavedResult, ...]


def encode(results: Sequence[Result]) -> str:
    """Write results as indented ASCII JSON; the same results give the same bytes."""
    document = _Document(SCHEMA, VERSION, tuple(_saved(result) for result in results))
    text = msgspec.json.format(msgspec.json.encode(document), indent=1).decode()
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text) + "\n"


def decode(text: bytes, *, name: str) -> tuple[SavedResult, ...]:
    """Read what `encode` wrote, or say where it is not that; `name` is the file's."""
    try:
        return msgspec.json.decode(text, type=_Document).results
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{name}: not a saved execution: {error}\n"
            f"help: `shootdown check SCENARIO --kernel K --format json -o {name}` writes one"
        ) from None


def _saved(result: Result) -> SavedResult:
    execution = result.execution
    return SavedResult(
        scenario=result.scenario,
        kernel=result.kernel,
        verdict=result.verdict.value,
        without=result.without,
        patches=result.patches,
        config=result.config,
        bounds=result.bounds,
        invariant=result.invariant,
        site=result.site,
        message=result.message,
        declared=result.declared,
        as_declared=is_as_declared(result),
        source=result.source,
        fixed_by=result.fixed_by,
        reason=result.reason,
        states=result.states,
        transitions=result.transitions,
        depth=result.depth,
        memory_order=result.memory_order,
        deviations=result.deviations,
        unreached=result.unreached,
        seconds=round(result.seconds, 3),
        reproduce=reproduce(result),
        argument=result.argument,
        overrides=result.overrides,
        schedule=execution.schedule if execution else (),
        before=tuple(_step(step) for step in execution.before) if execution else (),
        steps=tuple(_step(step) for step in execution.steps) if execution else (),
    )


def _step(step: Step) -> SavedStep:
    events = tuple(SavedEvent(action.text, dict(action.arguments)) for action in step.events)
    return SavedStep(
        task=step.task,
        kind=step.kind,
        cpu=step.cpu,
        choice=step.choice,
        function=step.function,
        file=step.file,
        line=step.line,
        text=step.text,
        events=events,
    )
