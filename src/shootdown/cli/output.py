# SPDX-License-Identifier: MIT
"""Where text goes: results to stdout or a file, progress to stderr on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shootdown.errors import InputError

if TYPE_CHECKING:
    from shootdown.api import OnProgress, Progress

__all__ = ["note", "read_file", "shown_progress", "write_result"]


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


@contextmanager
def shown_progress() -> Iterator[OnProgress | None]:
    """Show progress on a terminal and clear it afterwards; elsewhere there is none."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status("starting", spinner="line") as status:

        def show(progress: Progress) -> None:
            status.update(
                f"{progress.cell}/{progress.cells} {progress.scenario} {progress.kernel}: "
                f"{progress.states:,} states, depth {progress.depth}, "
                f"{progress.frontier:,} to go"
            )

        yield show
