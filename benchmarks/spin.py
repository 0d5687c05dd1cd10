# SPDX-License-Identifier: MIT
"""SPIN as a peer and as an oracle, where Debian's `spin` and a C compiler are installed."""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shootdown.compiler.promela import Promela

__all__ = ["MISSING", "SpinRun", "cpu_seconds", "prepare", "run", "write"]

MISSING = "" if shutil.which("spin") and shutil.which("gcc") else "spin or gcc is not installed"
"""Why SPIN cannot run here; nothing if it can."""


@dataclass(frozen=True, slots=True)
class SpinRun:
    """What one run of SPIN's verifier says. It counts the state before the first step too."""

    states: int
    transitions: int
    errors: int
    sites: tuple[int, ...]
    seconds: float
    bytes_used: float


def cpu_seconds() -> float:
    """Return the CPU time that ended child processes have taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def write(model: Promela, folder: Path) -> Path:
    """Write a generated model to a folder and return its path."""
    (folder / "steps.h").write_text(model.steps, encoding="utf-8")
    path = folder / "model.pml"
    path.write_text(model.text, encoding="utf-8")
    return path


def prepare(path: Path, folder: Path, *, flags: Sequence[str] = ()) -> float:
    """Make the verifier of a model in `folder`; returns the CPU seconds that it took."""
    before = cpu_seconds()
    options = [flag for flag in flags if flag.startswith("-D")]
    _call(["spin", *options, "-a", str(path)], folder)
    # The vector of a kernel's state can have more than the 1024 bytes that SPIN expects.
    fixed = ["-O2", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=4096", "-w"]
    _call(["gcc", *fixed, *flags, "-o", "pan", "pan.c"], folder)
    return cpu_seconds() - before


def run(folder: Path, *, options: Sequence[str] = ()) -> SpinRun:
    """Run the verifier in `folder` over all states, errors or not."""
    before = cpu_seconds()
    said = _call(["./pan", "-n", "-c0", "-m2000000", *options], folder)
    seconds = cpu_seconds() - before
    sites = re.search(r"^sites:(.*)$", said, re.MULTILINE)
    return SpinRun(
        states=int(_number(said, r"(\d+) states, stored")),
        transitions=int(_number(said, r"(\d+) transitions")),
        errors=int(_number(said, r"errors: (\d+)")),
        sites=tuple(int(word) for word in sites[1].split()) if sites else (),
        seconds=seconds,
        bytes_used=_number(said, r"([\d.]+)\s+total actual memory") * 2**20,
    )


def _call(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "error" not in done.stderr.lower(), done.stderr
    assert "max search depth too small" not in done.stdout, done.stdout
    return done.stdout


def _number(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    assert found, f"SPIN does not say {pattern}: {text}"
    return float(found[1])
