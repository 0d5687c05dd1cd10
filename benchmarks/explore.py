# SPDX-License-Identifier: MIT
"""Explore one program in a process of its own, and print what that took as one line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time

from benchmarks.programs import PROGRAMS
from shootdown.explore.engine import Job
from shootdown.explore.native import Limits, Search


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(name: str) -> None:
    """Explore the program called `name`, in the machine code that long searches get."""
    job = Job(PROGRAMS[name](), "", use_cache=False)
    start = time.process_time()
    artifact = job.artifact()
    native = job.fast()
    built = time.process_time()
    before = _peak_bytes()
    search = Search(artifact, native, artifact.initial)
    outcome = search.run(Limits(), clock=time.monotonic)
    done = time.process_time()
    assert outcome.complete, f"{name}: {outcome.reason or 'violated'}"
    print(
        json.dumps(
            {
                "states": outcome.states,
                "transitions": outcome.transitions,
                "build_s": built - start,
                "search_s": done - built,
                "bytes": _peak_bytes() - before,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
