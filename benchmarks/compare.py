# SPDX-License-Identifier: MIT
"""Print our explorer and SPIN side by side, on the same steps, and how long a verdict takes.

Every figure is a median of runs in turn, each in a process of its own on one thread, of CPU time.
Both store every state exactly. What it takes to make the machine code or the verifier is apart.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import spin
from benchmarks.programs import PROGRAMS, SIZES
from shootdown.compiler.program import build
from shootdown.compiler.promela import promela

HERE = Path(__file__).parent
TIMED = ("M", "L1", "two-writers v3.15", "two-writers newest")
HASH_BITS = {"M": 22, "L1": 24}
"""Slots of SPIN's hash table, as powers of two: about as many as there are states."""
COMMAND = Path(sys.executable).with_name("shootdown")
HEADINGS = ("program", "tool", "states", "make s", "search s", "M st/s", "B/state", "ratio")


@dataclass(frozen=True, slots=True)
class Run:
    """One exploration: counts, CPU seconds to make ready and to search, bytes of memory."""

    states: int
    transitions: int
    build_s: float
    search_s: float
    bytes_used: float


def _ours(name: str) -> Run:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.explore", name],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)
    return Run(
        said["states"], said["transitions"], said["build_s"], said["search_s"], said["bytes"]
    )


def _prepare_spin(name: str, folder: Path) -> float:
    if name in SIZES:
        size = SIZES[name]
        flags = [
            f"-DNR_PAGES={size.pages}",
            f"-DNR_CPUS={size.cpus}",
            f"-DNR_ROUNDS={size.rounds}",
            "-DVARIANT=2",
            "-DMAPCHECK=1",
        ]
        return spin.prepare(HERE / "zap_protocol.pml", folder, flags=flags)
    path = spin.write(promela(build(PROGRAMS[name]())), folder)
    return spin.prepare(path, folder, flags=["-DNO_STUCK"])


def _spin(name: str, folder: Path, made_s: float) -> Run:
    found = spin.run(folder, options=[f"-w{HASH_BITS.get(name, 22)}"])
    assert found.errors == 0, f"SPIN finds errors in {name}"
    return Run(found.states, found.transitions, made_s, found.seconds, found.bytes_used)


def _row(name: str, tool: str, runs: Sequence[Run], peer: float) -> tuple[float, list[str]]:
    states = runs[0].states
    assert all(run.states == states for run in runs), "two runs count differently"
    search_s = statistics.median(run.search_s for run in runs)
    speed = states / search_s
    return speed, [
        name,
        tool,
        f"{states:,}",
        f"{statistics.median(run.build_s for run in runs):.2f}",
        f"{search_s:.2f}",
        f"{speed / 1e6:.2f}",
        f"{statistics.median(run.bytes_used for run in runs) / states:.0f}",
        f"{speed / peer:.1f}x" if peer else "",
    ]


def _compare(name: str, rounds: int) -> list[list[str]]:
    """Measure one program in both tools, in turn."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made_s = 0.0 if spin.MISSING else _prepare_spin(name, folder)
        ours: list[Run] = []
        theirs: list[Run] = []
        for _ in range(rounds):
            ours.append(_ours(name))
            if not spin.MISSING:
                theirs.append(_spin(name, folder, made_s))
    rows = []
    peer = 0.0
    if theirs:
        peer, row = _row(name, "SPIN", theirs, 0.0)
        rows.append(row)
        # SPIN counts the state before a generated model's first step too.
        extra = theirs[0].states - ours[0].states
        assert extra == (0 if name in SIZES else 1), f"{name}: SPIN counts {extra} states more"
    rows.append(_row(name, "shootdown", ours, peer)[1])
    return rows


def _start_up(rounds: int) -> list[list[str]]:
    """Measure whole commands: to a verdict with an empty cache and a full one, and to help."""
    check = ["check", "zap+mkclean", "--kernel", "v3.15"]
    commands = {
        "check zap+mkclean, cold cache": check,
        "check zap+mkclean, warm cache": check,
        "--help": ["--help"],
    }
    times: dict[str, list[float]] = {label: [] for label in commands}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "XDG_CACHE_HOME": cache}
            for label, words in commands.items():
                before = spin.cpu_seconds()
                subprocess.run([COMMAND, *words], env=environment, capture_output=True, check=True)
                times[label].append(spin.cpu_seconds() - before)
    return [
        [f"shootdown {label}", f"{statistics.median(found):.2f} CPU s"]
        for label, found in times.items()
    ]


def _print(rows: Sequence[Sequence[str]], *, words: int) -> None:
    """Print rows in columns: the first ones are words, the others numbers."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if k < words else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def main() -> None:
    """Measure what the command line asks for."""
    parser = ArgumentParser(prog="benchmarks.compare", description=__doc__)
    parser.add_argument("programs", nargs="*", default=TIMED, help=f"of {', '.join(PROGRAMS)}")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool (default: 3)")
    asked = parser.parse_args()
    print((spin.MISSING and f"no comparison: {spin.MISSING}") or "SPIN: -O2 -DSAFETY -DNOREDUCE")
    rows: list[Sequence[str]] = [HEADINGS]
    for name in asked.programs:
        rows += _compare(name, asked.rounds)
    _print(rows, words=2)
    print()
    _print(_start_up(asked.rounds), words=1)


if __name__ == "__main__":
    main()
