# SPDX-License-Identifier: MIT
"""The mutations of one function: what it flushes, locks, forces, counts, marks, and in what order.

Each is a file of its own, as a user would give it with `--patch`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shootdown.compiler.excerpt import excerpt
from shootdown.compiler.world import FunctionDeclaration
from shootdown.execution import Mutation
from shootdown.mutate.edits import Edit, applied, blocks, called, names_called
from shootdown.mutate.words import (
    BARRED,
    COUNTERS,
    DIRTY,
    FLUSH,
    FORCED,
    FREED,
    LOCK_RECORDS,
    LOCKS,
    LOOKUPS,
    NOTED,
    RANGE,
    REFERENCES,
    REVERSE_MAP,
    SUBSTITUTES,
    UNMAPPED,
    LockWords,
)

__all__ = ["Candidate", "mutations"]

_SHOWN_COLUMNS = 38


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mutation with its patch, and where the original has what goes or changes, if none moves.

    Each of `touched` is the lines of one statement or call, as `file:line`.
    """

    mutation: Mutation
    patch: str
    touched: tuple[frozenset[str], ...]


def mutations(declaration: FunctionDeclaration, homes: Mapping[str, str]) -> list[Candidate]:
    """Return the mutations of a function in the order of their lines.

    `homes` names the module that each kernel function is in: an edit may call one that the
    function did not call before.
    """
    tree = ast.parse(excerpt(declaration, spdx="GPL-2.0-only"))
    function = tree.body[-1]
    assert isinstance(function, ast.FunctionDef), "an excerpt ends with its function"
    shift = declaration.node.lineno - function.lineno
    seen = {ast.unparse(tree) + "\n"}
    counts: dict[str, int] = {}
    found = []
    for edit in sorted(_edits(function), key=lambda e: e.place.lineno):
        text = applied(tree, edit)
        if text in seen:
            continue
        seen.add(text)
        counts[edit.what] = counts.get(edit.what, 0) + 1
        number = counts[edit.what]
        what = edit.what if number == 1 else f"{edit.what} (#{number})"
        line = edit.place.lineno + shift
        file = declaration.module.display
        mutation = Mutation(file, line, declaration.name, what)
        touched = (frozenset(f"{file}:{n + shift}" for n in span) for span in edit.touched)
        found.append(Candidate(mutation, _with_imports(text, edit, homes), tuple(touched)))
    return found


def _with_imports(text: str, edit: Edit, homes: Mapping[str, str]) -> str:
    """Add the imports of the functions that only the edit calls, after the first line."""
    names = sorted({name for _, name in edit.renamed if name in homes})
    lines = [f"from {homes[name]} import {name}\n" for name in names]
    first, rest = text.split("\n", 1)
    return f"{first}\n{''.join(lines)}{rest}"


def _edits(function: ast.FunctionDef) -> Iterator[Edit]:
    yield from _without_flush(function)
    yield from _without_lock(function)
    yield from _without_force(function)
    yield from _without_range(function)
    yield from _without_reference(function)
    yield from _without_mark(function)
    for block in blocks(function):
        yield from _reordered(block)


def _without_flush(function: ast.FunctionDef) -> Iterator[Edit]:
    for statement, name, call in _calls(function):
        if FLUSH.fullmatch(name) or NOTED.fullmatch(name) or UNMAPPED.fullmatch(name):
            yield Edit(f"no {_shown(call)}", statement, gone=(statement,))
    for name, call in names_called([function]):
        if name in SUBSTITUTES:
            plain = SUBSTITUTES[name]
            what = f"{plain}() for {name}()"
            yield Edit(what, call, renamed=((call, plain),), shortened=(call,))


def _without_lock(function: ast.FunctionDef) -> Iterator[Edit]:
    for words in LOCKS:
        takes: dict[str, list[tuple[ast.stmt, ast.Call]]] = {}
        for statement, name, call in _calls(function):
            if name == words.take:
                takes.setdefault(_lock(words, call), []).append((statement, call))
        for lock, taken in takes.items():
            released = [
                (statement, call)
                for statement, name, call in _calls(function)
                if name in words.release and lock in (_lock(words, call), "")
            ]
            yield from _pair(function, words, taken, released)


def _lock(words: LockWords, call: ast.Call) -> str:
    """Say which lock a call is about; a lookup that locks does not name its lock."""
    return "" if words.plain or not call.args else ast.unparse(call.args[0])


def _pair(
    function: ast.FunctionDef,
    words: LockWords,
    taken: list[tuple[ast.stmt, ast.Call]],
    released: list[tuple[ast.stmt, ast.Call]],
) -> Iterator[Edit]:
    """Take a lock out with its unlock, or with what remembers it for who unlocks it later."""
    place, first = taken[0]
    gone = [statement for statement, _ in released]
    what = f"no {_shown(first)}"
    if released:
        what += f" and {_shown(released[0][1])}"
    else:
        gone = list(_records(function))
        if not gone:
            return
    renamed: tuple[tuple[ast.Call, str], ...] = ()
    if words.plain:
        renamed = tuple((call, words.plain) for _, call in taken)
    else:
        gone += [statement for statement, _ in taken]
    yield Edit(what, place, gone=tuple(gone), renamed=renamed)
    if words.weaker and released:
        take, release = words.weaker
        weaker = [*((call, take) for _, call in taken), *((call, release) for _, call in released)]
        yield Edit(f"{_shown(first)} for reading only", place, renamed=tuple(weaker))


def _records(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    for statement in _statements(function):
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr=name)]) if name in LOCK_RECORDS:
                yield statement


def _without_force(function: ast.FunctionDef) -> Iterator[Edit]:
    for statement in _statements(function):
        if isinstance(statement, ast.While) and _is_restart(statement):
            what = f"while {ast.unparse(statement.test)}: only once"
            yield Edit(what, statement, once=statement)
        if not isinstance(statement, ast.Assign):
            continue
        target = statement.targets[0]
        field = target.value if isinstance(target, ast.Subscript) else target
        name = getattr(field, "attr", getattr(field, "id", ""))
        is_reset = isinstance(statement.value, ast.Constant) and not statement.value.value
        if name in FORCED and not is_reset:
            yield Edit(f"no {ast.unparse(statement)}", statement, gone=(statement,))


def _without_range(function: ast.FunctionDef) -> Iterator[Edit]:
    for statement in _statements(function):
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="tlb"), attr=name)]):
                if name in RANGE:
                    yield Edit(f"no {_shown(statement)}", statement, gone=(statement,))


def _is_restart(loop: ast.While) -> bool:
    """Tell whether a loop goes on from where the function that it calls has stopped."""
    asked = {part.id for part in ast.walk(loop.test) if isinstance(part, ast.Name)}
    for statement in loop.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()) if name in asked:
                return True
    return False


def _without_reference(function: ast.FunctionDef) -> Iterator[Edit]:
    givers = set(REFERENCES.values())
    for statement, name, call in _calls(function):
        if name in REFERENCES or name in givers:
            yield Edit(f"no {_shown(call)}", statement, gone=(statement,))
        if name in REFERENCES:
            back = [
                (other, put)
                for other, put_name, put in _calls(function)
                if put_name == REFERENCES[name] and ast.dump(put.args[0]) == ast.dump(call.args[0])
            ]
            if back:
                what = f"no {_shown(call)} and {_shown(back[0][1])}"
                yield Edit(what, statement, gone=(statement, *(other for other, _ in back)))
    for statement in _statements(function):
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.BinOp(op=operator)):
                if name in COUNTERS:
                    sign = "+" if isinstance(operator, ast.Add) else "-"
                    what = f"no {name} {sign} 1"
                    yield Edit(what, statement, gone=(statement,))


def _without_mark(function: ast.FunctionDef) -> Iterator[Edit]:
    for statement, name, call in _calls(function):
        if DIRTY.fullmatch(name):
            yield Edit(f"no {_shown(call)}", statement, gone=(statement,))


def _reordered(block: list[ast.stmt]) -> Iterator[Edit]:
    """Release, free or count as unmapped too early, or do the next thing first."""
    releases = {name for words in LOCKS for name in words.release}
    for number, statement in enumerate(block):
        found = called(statement)
        if found and found[0] in releases:
            for pattern in (FLUSH, DIRTY, REVERSE_MAP):
                yield from _earlier(block, number, pattern)
        if _first(statement, REVERSE_MAP) or _first(statement, FREED):
            yield from _earlier(block, number, FLUSH)
        if found and FLUSH.fullmatch(found[0]) and number + 1 < len(block):
            after = block[number + 1]
            then = called(after)
            is_end = isinstance(after, ast.Return | ast.Break | ast.Continue)
            if not is_end and not (then and then[0] in LOOKUPS):
                yield _swap(after, statement, found[1])
        if _is_barrier(statement) and number + 1 < len(block):
            yield _swap(block[number + 1], statement, statement)


def _earlier(block: list[ast.stmt], number: int, pattern: re.Pattern[str]) -> Iterator[Edit]:
    """Move a statement before the nearest one above it that has such a call."""
    for above in reversed(block[:number]):
        call = _first(above, pattern)
        if call is not None:
            yield _swap(block[number], above, call)
            return


def _is_barrier(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Attribute(attr=name)]):
            return name in BARRED
    return False


def _swap(moved: ast.stmt, above: ast.stmt, passed: ast.Call | ast.stmt) -> Edit:
    return Edit(f"{_shown(moved)} before {_shown(passed)}", moved, moved=(moved, above))


def _first(statement: ast.stmt, pattern: re.Pattern[str]) -> ast.Call | None:
    for name, call in names_called([statement]):
        if pattern.fullmatch(name):
            return call
    return None


def _statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    for block in blocks(function):
        yield from block


def _calls(function: ast.FunctionDef) -> Iterator[tuple[ast.stmt, str, ast.Call]]:
    for statement in _statements(function):
        found = called(statement)
        if found:
            yield statement, *found


def _shown(node: ast.AST) -> str:
    """Return a statement or call in a few words."""
    if isinstance(node, ast.If | ast.With):
        return _shown(node.body[0])
    if isinstance(node, ast.stmt):
        found = called(node)
        call = found[1] if found else None
        if isinstance(node, ast.Expr) and call is not None:
            return _shown(call)
        text = ast.unparse(node).splitlines()[0]
        if len(text) > _SHOWN_COLUMNS and isinstance(node, ast.Assign):
            return f"{ast.unparse(node.targets[0])} = ..."
        return text
    text = ast.unparse(node)
    if len(text) > _SHOWN_COLUMNS and isinstance(node, ast.Call):
        return f"{ast.unparse(node.func)}(...)"
    return text
