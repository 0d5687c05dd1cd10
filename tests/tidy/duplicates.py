# SPDX-License-Identifier: MIT
"""Search for equal runs of code in two files: what is written twice is fixed once."""

import ast
import io
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from tests.tidy.tree import Source

RUN_LINES_MIN = 6

# Pairs of files that may share a run, each with the reason.
ALLOWED: frozenset[frozenset[str]] = frozenset()

LINUX_FOLDER = "src/shootdown/linux/"
HISTORY_FOLDER = "src/shootdown/linux/history/"

# Lists of names and of verdicts are data: equal ones are no shared logic.
TABLES = frozenset({"EXPECT", "__all__"})

# A scenario is a list of these. Each is compared by itself: those that do the same have one name.
DECLARED = frozenset({"setup", "task"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of code without its indentation, its comment and its inner spacing."""

    number: int
    text: str


def find_duplicates(
    sources: Iterable[Source], *, allowed: frozenset[frozenset[str]] = ALLOWED
) -> Iterator[str]:
    """Find each longest run of equal lines that two files share."""
    by_path = {source.path: source for source in sources}
    code = {path: code_lines(source) for path, source in by_path.items()}
    places: defaultdict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for path, lines in code.items():
        for start in range(len(lines) - RUN_LINES_MIN + 1):
            run = tuple(line.text for line in lines[start : start + RUN_LINES_MIN])
            places[run].append((path, start))
    for found in places.values():
        for (path, start), (other, other_start) in combinations(found, 2):
            if path == other or frozenset({path, other}) in allowed or is_history(path, other):
                continue
            length = shared_length(code[path][start:], code[other][other_start:])
            continues = start > 0 and other_start > 0
            if continues and code[path][start - 1].text == code[other][other_start - 1].text:
                continue
            place = f"{other}:{code[other][other_start].number}"
            message = f"{length} lines equal those at {place}; make them a function"
            yield by_path[path].at(code[path][start].number, message)


def is_history(path: str, other: str) -> bool:
    """Whether one file holds former variants of the kernel functions in the other."""
    both = (path, other)
    return all(each.startswith(LINUX_FOLDER) for each in both) and any(
        each.startswith(HISTORY_FOLDER) for each in both
    )


def shared_length(lines: list[Line], others: list[Line]) -> int:
    """Count the equal lines at the start of two lists."""
    pairs = zip(lines, others, strict=False)
    return next(
        (index for index, (line, other) in enumerate(pairs) if line.text != other.text),
        min(len(lines), len(others)),
    )


def code_lines(source: Source) -> list[Line]:
    """The lines that say something: no imports, docstrings, tables, comments, lone brackets.

    A line that begins a setup or a task equals no other.
    """
    uncommented = source.text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            uncommented[row - 1] = uncommented[row - 1][:column]
    skipped = skipped_numbers(source)
    declared = declared_numbers(source)
    normalised = (
        Line(number, f"{source.path}:{number}" if number in declared else " ".join(text.split()))
        for number, text in enumerate(uncommented, 1)
        if number not in skipped
    )
    return [line for line in normalised if any(char.isalnum() for char in line.text)]


def skipped_numbers(source: Source) -> set[int]:
    """The numbers of the lines that belong to imports, docstrings and tables."""
    nodes: list[ast.stmt] = list(source.docstrings())
    for node in ast.walk(source.module):
        match node:
            case ast.Import() | ast.ImportFrom():
                nodes.append(node)
            case ast.Assign(targets=[ast.Name(id=name)]) if name in TABLES:
                nodes.append(node)
            case ast.AnnAssign(target=ast.Name(id=name)) if name in TABLES:
                nodes.append(node)
    return {number for node in nodes for number in range(node.lineno, (node.end_lineno or 0) + 1)}


def declared_numbers(source: Source) -> set[int]:
    """The numbers of the lines that begin a scenario's setups and tasks."""
    found = set()
    for node in ast.walk(source.module):
        match node:
            case ast.FunctionDef(decorator_list=[ast.Call(func=ast.Name(id=name))]):
                if name in DECLARED:
                    found.add(node.lineno)
    return found
