# SPDX-License-Identifier: MIT
"""Mutations: what is noticed if it is taken out of the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources

from shootdown.api.asked import (
    ROOTS,
    Limits,
    OnProgress,
    Progress,
    asked_of,
    is_planted,
    read_model,
    search_limits,
)
from shootdown.compiler.catalogue import module_name
from shootdown.execution import Mutation, Survey
from shootdown.mutate import reasons, survey

__all__ = ["mutate", "reasons_on_record"]


def mutate(
    scenarios: Sequence[str] = (),
    *,
    kernel: str = "",
    without: Sequence[str] = (),
    config: Mapping[str, int | bool] | None = None,
    bounds: Mapping[str, int] | None = None,
    functions: Sequence[str] = (),
    limits: Limits | None = None,
    processes: int = 1,
    progress: OnProgress | None = None,
) -> Survey:
    """Take flushes, locks, references and orders out of a kernel, one by one: who notices?

    No scenarios given means all packaged ones but the planted mistakes, no kernel the newest, no
    functions all that the scenarios reach. Mutations are tried as the survey's mutants are
    iterated; an interrupt ends that with `KeyboardInterrupt`.
    """
    model = read_model()
    asked = asked_of(model, without, (), config, bounds, limits, None)
    packaged = [module_name(module) for module in model.scenario_files()]
    words = scenarios or [name for name in packaged if not is_planted(name)]
    choice = model.kernel(kernel or model.newest, without)

    def tell(number: int, count: int, mutation: Mutation) -> None:
        if progress is not None:
            what = f"{mutation.function}: {mutation.what}"
            progress(Progress(what, choice.name, number, count))

    found = survey.survey(
        model,
        survey.Asked(
            roots=ROOTS,
            kernel=choice,
            settings=asked.settings,
            limits=search_limits(asked.limits),
            use_cache=asked.limits.use_cache,
            reduce=asked.limits.reduce,
        ),
        words=words,
        functions=functions,
        processes=processes,
        tell=tell,
    )
    if not asked.is_plain:
        return found
    known = reasons.of_kernel(reasons_on_record(), choice.name, newest=model.newest)
    return replace(found, mutants=reasons.with_reasons(found.mutants, known))


def reasons_on_record() -> tuple[reasons.Reason, ...]:
    """Return why nobody notices some mutations of the packaged kernels."""
    text = resources.files("shootdown.scenarios").joinpath("unnoticed.toml").read_text("utf-8")
    return reasons.read_reasons(text)
