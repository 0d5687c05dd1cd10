# SPDX-License-Identifier: MIT
"""`shootdown check`: is there an interleaving that breaks an invariant?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from cyclopts import Parameter

from shootdown.cli.options import assignments, memory_bytes
from shootdown.cli.output import Shown, note, shown_progress, write_result
from shootdown.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shootdown.api import Limits, OnProgress
    from shootdown.cli.answers import Answer
    from shootdown.execution import Result

__all__ = ["Options", "check"]


def _words(help_text: str) -> Parameter:
    return Parameter(negative=(), show_default=False, help=f"{help_text} Repeatable.")


def _plain(help_text: str, *names: str) -> Parameter:
    return Parameter(names or None, negative=(), show_default=False, help=help_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All options of the verb; a repeatable one is a tuple."""

    kernel: Annotated[
        tuple[str, ...],
        _words("A release (v3.14), FEATURE for the kernel that ends with it, FEATURE^ without."),
    ] = ()
    history: Annotated[bool, _plain("Show all kernels as columns.")] = False
    without: Annotated[
        tuple[str, ...], _words("Leave a feature out of the kernel, as if it were reverted.")
    ] = ()
    patch: Annotated[
        tuple[str, ...], _words("A file of functions that replace the model's; what changes.")
    ] = ()
    config: Annotated[tuple[str, ...], _words("NAME=VALUE, a Kconfig option.")] = ()
    bound: Annotated[tuple[str, ...], _words("NAME=VALUE, a size of the model.")] = ()
    format: Annotated[Literal["text", "json"], Parameter(help="How to print results.")] = "text"
    output: Annotated[str, _plain("Write results to this file.", "--output", "-o")] = ""
    max_states: Annotated[int | None, _plain("Give up after so many states.")] = None
    max_memory: Annotated[str, _plain("Give up at so much memory: 500M, 4G.")] = ""
    max_seconds: Annotated[float | None, _plain("Give up after so many seconds.")] = None
    mutate: Annotated[
        bool, _plain("Take flushes, locks, ... out of the kernel one by one: who notices?")
    ] = False
    no_cache: Annotated[bool, _plain("Compile everything again.")] = False
    no_reduce: Annotated[bool, _plain("Explore without reductions: slower, same verdicts.")] = False
    coverage: Annotated[bool, _plain("List the kernel lines that were never reached.")] = False


_DEFAULTS = Options()


def check(*scenarios: str, options: Annotated[Options, Parameter(name="*")] = _DEFAULTS) -> int:
    """Look for an interleaving that breaks an invariant.

    With a scenario and a kernel, the exit code is the verdict; otherwise
    verdicts are compared with those that the scenarios declare.

    Parameters
    ----------
    scenarios:
        Names (`list scenarios`) or .py files; none: all packaged ones
        (planted mistakes under one kernel).
    """
    with shown_progress() as shown:
        answer = _answer(scenarios, options, shown)
    write_result(answer.text.removeprefix(shown.begun), output=options.output)
    if answer.command and f"reproduce: {answer.command}\n" not in answer.text:
        note(f"reproduce: {answer.command}")
    return answer.code


class _Asked(TypedDict):
    """What the engine is asked in all cases."""

    without: tuple[str, ...]
    config: dict[str, int]
    bounds: dict[str, int]
    limits: Limits
    progress: OnProgress | None


def _asked(options: Options, shown: Shown) -> _Asked:
    from shootdown.api import Limits

    return _Asked(
        without=options.without,
        config=assignments(options.config, option="--config"),
        bounds=assignments(options.bound, option="--bound"),
        limits=Limits(
            states_max=options.max_states,
            memory_max_bytes=memory_bytes(options.max_memory),
            time_max_s=options.max_seconds,
            use_cache=not options.no_cache,
            reduce=not options.no_reduce,
        ),
        progress=shown.progress,
    )


def _answer(scenarios: tuple[str, ...], options: Options, shown: Shown) -> Answer:
    """Ask the engine, and choose the report by what was asked."""
    from shootdown import api
    from shootdown.cli import answers
    from shootdown.explore import collect_rarely

    collect_rarely()
    kernels = options.kernel or ((api.ALL_KERNELS,) if options.history else ())
    asked = _asked(options, shown)
    is_json = options.format == "json"
    if options.mutate:
        from shootdown.cli.mutations import mutations

        _refuse_with_mutate(options)
        return mutations(scenarios, kernels=options.kernel, **asked)
    if options.patch:
        pairs = list(api.check_patch(options.patch, scenarios, kernels=kernels, **asked))
        return answers.changes(pairs, as_json=is_json)
    processes = os.cpu_count() or 1
    results = api.check(scenarios, kernels=kernels, processes=processes, **asked)
    is_table = not (is_json or options.output or options.history)
    return answers.verdicts(
        _begun(results, shown) if is_table else list(results),
        is_raw=bool(scenarios and options.kernel),
        has_history=options.history,
        has_coverage=options.coverage,
        as_json=is_json,
    )


def _begun(results: Iterator[Result], shown: Shown) -> list[Result]:
    """Return all results; the table of the newest kernels is shown as soon as they are known."""
    from shootdown.report.verdicts import newest_rows

    found: list[Result] = []
    seen: set[str] = set()
    for result in results:
        if result.scenario in seen and not shown.begun:
            shown.begin(newest_rows(found))
        seen.add(result.scenario)
        found.append(result)
    return found


def _refuse_with_mutate(options: Options) -> None:
    """Say so if an option asks for what a table of mutations does not have."""
    refused = {
        "--patch": bool(options.patch),
        "--history": options.history,
        "--coverage": options.coverage,
        "--format json": options.format == "json",
    }
    for option, is_given in refused.items():
        if is_given:
            raise InputError(f"--mutate and {option} do not go together\nhelp: leave one out")
