# SPDX-License-Identifier: MIT
"""Where text goes: results to stdout or a file, progress to stderr on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shootdown.errors import InputError

if TYPE_CHECKING:
    from rich.status import Status

    from shootdown.api import OnProgress, Progress

__all__ = ["Pace", "Shown", "note", "read_file", "shown_progress", "write_result"]


def write_result(text: str, *, output: str) -> None:
    """Write a result to the file of `-o`, or to stdout."""
    if not output:
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{output}: cannot be written: {error.strerror}") from None


def read_file(name: str) -> bytes:
    """Read a file that the user named."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from None


def note(text: str) -> None:
    """Print a diagnostic."""
    print(text, file=sys.stderr)


@dataclass(slots=True)
class Shown:
    """What the user sees while a result is being found: its beginning, and how far it has come."""

    progress: OnProgress | None = None
    status: Status | None = None
    begun: str = ""

    def begin(self, text: str) -> None:
        """Write the beginning of the result to stdout."""
        if self.status is not None:
            self.status.stop()
        self.begun += text
        sys.stdout.write(text)
        sys.stdout.flush()
        if self.status is not None:
            self.status.start()


@contextmanager
def shown_progress() -> Iterator[Shown]:
    """Show progress on a terminal and clear it afterwards; elsewhere there is none."""
    if not sys.stderr.isatty():
        yield Shown()
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status("starting", spinner="line") as status:
        pace = Pace()

        def show(progress: Progress) -> None:
            pace.note(progress, time.monotonic())
            status.update(
                f"{progress.cell}/{progress.cells} {progress.scenario} {progress.kernel}: "
                f"{progress.states:,} states, depth {progress.depth}, "
                f"{progress.frontier:,} to go; {pace.text}"
            )

        yield Shown(show, status)


@dataclass(slots=True)
class Pace:
    """How fast an exploration goes, and how long it may take: a guess from its last half second.

    While expanding a state finds more than one new one, the end is not in sight.
    """

    cell: int = 0
    time_s: float = 0.0
    states: int = 0
    expanded: int = 0
    text: str = "starting"

    def note(self, progress: Progress, now_s: float) -> None:
        """Take a look at the clock; says something new twice a second at most."""
        expanded = progress.states - progress.frontier
        passed_s = now_s - self.time_s
        if progress.cell == self.cell and passed_s < 0.5:
            return
        if progress.cell == self.cell and expanded > self.expanded:
            rate = (expanded - self.expanded) / passed_s
            found = (progress.states - self.states) / (expanded - self.expanded)
            self.text = f"{rate:,.0f} states/s, "
            if found < 1:
                left_s = progress.frontier / (1 - found) / rate
                self.text += f"about {left_s:,.0f} s left"
            else:
                self.text += "still growing"
        else:
            self.text = "starting"
        self.cell, self.time_s = progress.cell, now_s
        self.states, self.expanded = progress.states, expanded
