# SPDX-License-Identifier: MIT
"""Pages that are run: their commands are given to the command line, their files written.

A fence `console` holds commands behind `$ ` and what they print, standard output first; a last
line `...` leaves out what follows the paragraphs shown. A fence `python FILE` writes a file, and
`diff FILE` changes it where the lines that stay and go stand.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from shootdown.cli.exits import Exit
from shootdown.cli.main import run

__all__ = ["ROOT", "Session", "rewritten"]

ROOT = Path(__file__).resolve().parents[2]
ELISION = "..."


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: the words behind the fence, and the lines in it from line `start` on."""

    words: list[str]
    start: int
    lines: list[str]


def fences(text: str) -> Iterator[Fence]:
    """Find the fenced blocks of a page."""
    opened: tuple[int, list[str]] | None = None
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if opened is None:
            opened = (number + 1, line[3:].split())
        else:
            start, words = opened
            yield Fence(words, start, lines[start:number])
            opened = None


class Session:
    """Runs blocks one after the other in the current folder."""

    def __init__(self) -> None:
        self.code = 0

    def run(self, fence: Fence) -> list[str]:
        """Carry a block out and return the lines that it should have."""
        match fence.words:
            case ["console"]:
                return self._console(fence.lines)
            case ["python", name]:
                Path(name).write_text("\n".join(fence.lines) + "\n", encoding="utf-8")
            case ["diff", name]:
                _change(Path(name), fence.lines)
        return fence.lines

    def _console(self, lines: list[str]) -> list[str]:
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        printed = list(lines[: starts[0]])
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            shown = lines[start + 1 : end]
            printed.append(lines[start])
            printed += _cut(self.command(lines[start][2:]), shown)
        return printed

    def command(self, line: str) -> list[str]:
        """Run one command line and return the lines that it prints."""
        if line == "echo $?":
            return [str(self.code)]
        words = shlex.split(line)
        target = ""
        if ">" in words:
            target, words = words[-1], words[: words.index(">")]
        assert words[0] == "shootdown", line
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            self.code = run(words[1:])
        assert self.code != Exit.OUR_BUG, f"{line}\n{err.getvalue()}"
        if target:
            Path(target).write_text(out.getvalue(), encoding="utf-8")
            return err.getvalue().splitlines()
        return (out.getvalue() + err.getvalue()).splitlines()


def _cut(printed: list[str], shown: list[str]) -> list[str]:
    """Leave out as many paragraphs at the end as the page does."""
    if not shown or shown[-1] != ELISION:
        return printed
    kept = "\n".join(shown[:-1]).rstrip("\n").count("\n\n") + 1
    paragraphs = "\n".join(printed).split("\n\n")[:kept]
    return [*"\n\n".join(paragraphs).splitlines(), ELISION]


def _change(path: Path, lines: list[str]) -> None:
    """Apply one hunk without numbers: its lines must stand in the file exactly once."""
    old = "".join(line[1:] + "\n" for line in lines if not line.startswith("+"))
    new = "".join(line[1:] + "\n" for line in lines if not line.startswith("-"))
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path}: the change does not fit:\n{old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def rewritten(text: str) -> str:
    """Run a page in the current folder; return it with what was really printed."""
    session = Session()
    lines = text.splitlines()
    shift = 0
    for fence in fences(text):
        found = session.run(fence)
        start = fence.start + shift
        lines[start : start + len(fence.lines)] = found
        shift += len(found) - len(fence.lines)
    return "\n".join(lines) + "\n"
