# SPDX-License-Identifier: MIT
"""The files that the rules of docs/STYLE.md apply to, read once and parsed on demand."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A text file of the project; its path is relative to the root, with slashes."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.splitlines()

    @cached_property
    def module(self) -> ast.Module:
        """The syntax tree of a Python file, which is never imported."""
        return ast.parse(self.text, self.path)

    def functions(self) -> Iterator[Function]:
        """All functions of a Python file, nested ones and methods too."""
        for node in ast.walk(self.module):
            if isinstance(node, Function):
                yield node

    def docstrings(self) -> Iterator[ast.Expr]:
        """The docstrings of a Python file, as statements."""
        for node in ast.walk(self.module):
            if isinstance(node, Documented) and ast.get_docstring(node) is not None:
                first = node.body[0]
                assert isinstance(first, ast.Expr), "a docstring is an expression"
                yield first

    def at(self, line: int, message: str) -> str:
        """Word a finding so that editors can jump to it."""
        return f"{self.path}:{line}: {message}"


def read_sources(root: Path = ROOT) -> list[Source]:
    """Read the text files that are, or are about to be, committed."""
    found = [read_source(root, path) for path in list_paths(root)]
    return [source for source in found if source is not None]


def read_source(root: Path, path: str) -> Source | None:
    """Read one file; None stands for one that is not text, or was just deleted."""
    try:
        return Source(path, (root / path).read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
        return None


def list_paths(root: Path) -> list[str]:
    """List what git would commit, or in an unpacked archive all but hidden folders."""
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
        return sorted(set(filter(None, listed.stdout.split("\0"))))
    relative = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    visible = (path for path in relative if not path.parts[0].startswith("."))
    return sorted(path.as_posix() for path in visible if "__pycache__" not in path.parts)
