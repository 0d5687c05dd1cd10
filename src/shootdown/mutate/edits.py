# SPDX-License-Identifier: MIT
"""The text of a function with one edit: statements gone or moved, calls renamed, a loop run once.

An edit names nodes of the function's syntax tree; applying it leaves that tree as it is.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Edit", "applied", "blocks", "called", "names_called"]


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change, at the line of `place`, and what to call that.

    `moved` goes before the second statement of the pair, in the same block. `renamed` calls get
    another function, and those in `shortened` only their last argument. `once` becomes an `if`.
    """

    what: str
    place: ast.stmt | ast.expr
    gone: tuple[ast.stmt, ...] = ()
    moved: tuple[ast.stmt, ast.stmt] | None = None
    renamed: tuple[tuple[ast.Call, str], ...] = ()
    shortened: tuple[ast.Call, ...] = ()
    once: ast.While | None = None

    @property
    def touched(self) -> tuple[range, ...]:
        """The lines of each thing that goes or changes; none if something moves."""
        if self.moved is not None:
            return ()
        nodes: list[ast.stmt | ast.expr] = [
            *self.gone,
            *(call for call, _ in self.renamed),
            *self.shortened,
        ]
        spans = [range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in nodes]
        if self.once is not None:
            spans.append(range(self.once.lineno, self.once.lineno + 1))
        return tuple(spans)


def applied(tree: ast.Module, edit: Edit) -> str:
    """Return the text of a file with the edit made."""
    originals: dict[int, ast.AST] = {}
    memo: dict[int, object] = {}
    new = copy.deepcopy(tree, memo)
    for node in ast.walk(tree):
        twin = memo[id(node)]
        assert isinstance(twin, ast.AST), "a node is copied to a node"
        originals[id(twin)] = node
    for block in list(blocks(new)):
        block[:] = _edited(block, edit, originals) or [ast.Pass()]
    names = dict(edit.renamed)
    for node in ast.walk(new):
        if isinstance(node, ast.Call):
            original = originals[id(node)]
            if original in edit.shortened:
                node.args = node.args[-1:]
            if isinstance(original, ast.Call) and original in names:
                node.func = ast.Name(names[original])
    return ast.unparse(ast.fix_missing_locations(new)) + "\n"


def _edited(block: list[ast.stmt], edit: Edit, originals: dict[int, ast.AST]) -> list[ast.stmt]:
    kept: list[ast.stmt] = []
    moved = [s for s in block if edit.moved and originals[id(s)] is edit.moved[0]]
    for statement in block:
        original = originals[id(statement)]
        if edit.moved and original is edit.moved[1]:
            kept += moved
        if original in edit.gone or statement in moved:
            continue
        if original is edit.once and isinstance(statement, ast.While):
            statement = ast.If(statement.test, statement.body, [])
        kept.append(statement)
    return kept


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Return each list of statements below a node, the outermost first."""
    for part in ast.walk(node):
        for name in ("body", "orelse"):
            block = getattr(part, name, None)
            if isinstance(block, list) and block:
                yield block


def called(statement: ast.stmt) -> tuple[str, ast.Call] | None:
    """Return the call that a statement is, or whose value it keeps, with the function's name."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name)) as call):
            return name, call
        case ast.Assign(value=ast.Call(func=ast.Name(id=name)) as call):
            return name, call
        case ast.AnnAssign(value=ast.Call(func=ast.Name(id=name)) as call):
            return name, call
    return None


def names_called(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.Call]]:
    """Return each call below some nodes, with the function's name."""
    for node in nodes:
        for part in ast.walk(node):
            match part:
                case ast.Call(func=ast.Name(id=name)):
                    yield name, part
