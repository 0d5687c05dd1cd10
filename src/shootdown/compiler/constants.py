# SPDX-License-Identifier: MIT
"""Constant expressions: what a declaration or a folded branch may be written with."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from shootdown.compiler.types import IntType
from shootdown.lang.declarations import Feature

if TYPE_CHECKING:
    from shootdown.compiler.source import Module
    from shootdown.compiler.world import World

__all__ = ["BINARY", "COMPARE", "evaluate", "fold_condition"]

BINARY: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}

COMPARE: dict[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def evaluate(world: World, module: Module, node: ast.expr) -> object:
    """Return the value of a constant expression, or None (reported) if it is not constant."""
    value = attempt(world, module, node)
    if value is None:
        world.diagnostics.add("SD111", module.span(node))
    return value


def attempt(world: World, module: Module, node: ast.expr) -> object:
    """Return the value of a constant expression, or None if it is not constant."""
    match node:
        case ast.Constant(value=int() | str() as value):
            return value
        case ast.Name(id=name):
            return _named(world, module, name)
        case ast.Attribute(value=ast.Name(id=name), attr=member):
            kind = world.find(module, name)
            if isinstance(kind, IntType):
                return dict(kind.members).get(member)
        case ast.Tuple(elts=parts):
            values = [attempt(world, module, part) for part in parts]
            return None if None in values else tuple(values)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = attempt(world, module, left), attempt(world, module, right)
            if isinstance(a, int) and isinstance(b, int) and type(op) in BINARY:
                if isinstance(op, ast.FloorDiv | ast.Mod) and b == 0:
                    return None
                if isinstance(op, ast.Pow | ast.LShift | ast.RShift) and not 0 <= b < 64:
                    return None
                return BINARY[type(op)](a, b)
            if isinstance(a, str) and isinstance(b, str) and isinstance(op, ast.Add):
                return a + b
        case ast.UnaryOp(op=op, operand=operand):
            return _unary(op, attempt(world, module, operand))
        case ast.Compare() | ast.BoolOp() | ast.Call():
            return fold_condition(world, module, node)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            chosen = attempt(world, module, test)
            if chosen is not None:
                return attempt(world, module, body if chosen else orelse)
    return None


def _named(world: World, module: Module, name: str) -> object:
    from shootdown.compiler.world import Constant

    found = world.find(module, name)
    if isinstance(found, Constant):
        return found.value
    return found if isinstance(found, Feature) else None


def _unary(op: ast.unaryop, value: object) -> object:
    if not isinstance(value, int):
        return None
    match op:
        case ast.USub():
            return -value
        case ast.Invert():
            return ~value
        case ast.Not():
            return not value
    return value


def fold_condition(world: World, module: Module, node: ast.expr) -> bool | None:
    """Return the truth of a condition known when compiling, or None if it is not known."""
    match node:
        case ast.Call(func=ast.Name(id="has"), args=[ast.Name(id=name)]):
            found = world.find(module, name)
            if isinstance(found, Feature):
                return world.has(found)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = fold_condition(world, module, operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=parts):
            return _junction(isinstance(op, ast.And), [attempt(world, module, p) for p in parts])
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            a, b = attempt(world, module, left), attempt(world, module, right)
            if isinstance(a, int) and isinstance(b, int) and type(op) in COMPARE:
                return COMPARE[type(op)](a, b)
        case ast.Constant() | ast.Name() | ast.Attribute() | ast.BinOp():
            value = attempt(world, module, node)
            return None if value is None or isinstance(value, Feature) else bool(value)
    return None


def _junction(is_and: bool, parts: list[object]) -> bool | None:
    deciding = not is_and
    if any(part is not None and bool(part) is deciding for part in parts):
        return deciding
    return None if None in parts else is_and
