# SPDX-License-Identifier: MIT
"""Explorations of packaged scenarios, as tests want them."""

from __future__ import annotations

from shootdown.api import ROOTS
from shootdown.api.asked import read_model
from shootdown.compiler.program import Request
from shootdown.explore.engine import Job

__all__ = ["job_of", "points", "violated_jobs"]


def violated_jobs() -> list[tuple[str, str]]:
    """Return each scenario with the newest kernel that it is declared to be violated under."""
    packaged = read_model()
    found = []
    for module in packaged.scenario_files():
        scenario = packaged.read(module)
        for release in reversed(packaged.releases):
            cell = packaged.declared(scenario, packaged.kernel(release, ()))
            if cell is not None and cell.verdict == "violated":
                found.append((scenario.name, release))
                break
    return found


def points() -> list[tuple[str, str]]:
    """Return each scenario with each kernel inside a release that it declares a verdict for."""
    packaged = read_model()
    scenarios = [packaged.read(module) for module in packaged.scenario_files()]
    return [(one.name, cell.kernel) for one in scenarios for cell in one.points]


def job_of(scenario: str, kernel: str) -> Job:
    """Return the exploration of a scenario under a kernel, compiled without the cache."""
    packaged = read_model()
    request = Request(
        library=packaged.library,
        roots=ROOTS,
        scenario=packaged.scenario(scenario).module,
        features=packaged.kernel(kernel, ()).features,
        settings={},
    )
    return Job(request, kernel, use_cache=False)
