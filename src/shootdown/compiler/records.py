# SPDX-License-Identifier: MIT
"""Declarations of types: records, values, enums, and the annotations that name them."""

from __future__ import annotations

import ast

from shootdown.compiler.constants import evaluate
from shootdown.compiler.source import Module
from shootdown.compiler.types import (
    BOOL,
    INT,
    NONE,
    ArrayType,
    Field,
    IntType,
    PtrType,
    RefType,
    Struct,
    StructType,
    Type,
    ValueKind,
    ValueType,
)
from shootdown.compiler.world import Alias, Builtin, World

__all__ = ["declare_enum", "declare_struct", "declare_value", "resolve_type"]


MOST_RECORDS = 1 << 20
MOST_PARTS = 1 << 14
MOST_MASK = 62
"""Sizes beyond which a bound is a slip: records of a pool, parts of an array, bits of a mask."""


def _options(world: World, module: Module, decorator: ast.expr) -> dict[str, int]:
    found: dict[str, int] = {}
    if isinstance(decorator, ast.Call):
        for keyword in decorator.keywords:
            value = evaluate(world, module, keyword.value)
            if isinstance(value, int) and keyword.arg:
                found[keyword.arg] = _size(world, module, keyword.value, value, MOST_RECORDS)
    return found


def _size(world: World, module: Module, node: ast.expr, value: int, most: int) -> int:
    """Return a size, or 1 (reported) where it is none that a program could have."""
    if 0 <= value <= most:
        return value
    world.diagnostics.add("SD124", module.span(node), value, f"0..{most}")
    return 1


def _refuse(world: World, module: Module, statement: ast.stmt) -> None:
    """Report what a class of the language does not have: all but fields and docstrings."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            what, advice = "a method", "write a function that takes the record"
        case _:
            what, advice = "this statement in a class", "a class has fields and nothing else"
    world.diagnostics.add("SD102", module.span(statement), what, advice)


def declare_enum(world: World, module: Module, node: ast.ClassDef) -> IntType:
    """Return the integer type of an IntEnum class."""
    members = []
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                number = evaluate(world, module, value)
                if isinstance(number, int):
                    members.append((name, int(number)))
            case _:
                _refuse(world, module, statement)
    values = [number for _, number in members] or [0]
    return IntType(min(0, *values), max(values), node.name, tuple(members))


def declare_value(
    world: World, module: Module, node: ast.ClassDef, decorator: ast.expr
) -> ValueKind:
    """Return the value type of a class decorated with @value."""
    kind = ValueKind(node.name, _options(world, module, decorator).get("count", 0))
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                part = resolve_type(world, module, annotation)
                if not isinstance(part, IntType) or part.low != 0 or part == INT:
                    world.diagnostics.add("SD112", module.span(annotation))
                    continue
                width = part.high.bit_length()
                kind.fields[name] = (part, kind.width, width)
                kind.width += width
            case _:
                _refuse(world, module, statement)
    if kind.count:
        pool = Struct(f"{node.name}[]", kind.count)
        kind.cells = Field(pool, node.name, ValueType(kind))
    return kind


def declare_struct(world: World, module: Module, node: ast.ClassDef, decorator: ast.expr) -> Struct:
    """Return the record type of a class decorated with @struct."""
    options = _options(world, module, decorator)
    struct = Struct(node.name, options.get("count", 0), bool(options.get("alloc", 0)))
    world.declared[(module.name, node.name)] = struct  # its own fields may refer to it
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                _declare_field(world, module, struct, name, annotation, value)
            case _:
                _refuse(world, module, statement)
    if struct.alloc:
        struct.fields["sd_live"] = Field(struct, "sd_live", BOOL)
    return struct


def _declare_field(
    world: World,
    module: Module,
    struct: Struct,
    name: str,
    annotation: ast.expr,
    value: ast.expr | None,
) -> None:
    kind = resolve_type(world, module, annotation)
    if kind is None:
        return
    field = Field(struct, name, kind)
    match value:
        case ast.Call(func=ast.Name(id="guarded_by"), args=[path]):
            field.guard = _guard(world, module, path)
        case ast.Call(func=ast.Name(id="array"), args=[length], keywords=keywords):
            number = evaluate(world, module, length)
            size = number if isinstance(number, int) else 1
            field.length = _size(world, module, length, size, MOST_PARTS)
            for keyword in keywords:
                field.guard = _guard(world, module, keyword.value)
        case None:
            pass
        case _:
            world.diagnostics.add(
                "SD102", module.span(value), "a default value", "every field starts as zero"
            )
    if isinstance(kind, ArrayType):
        field.type = kind.element
        if not field.length:
            world.diagnostics.add("SD126", module.span(annotation), name)
            field.length = 1
    struct.fields[name] = field


def _guard(world: World, module: Module, node: ast.expr) -> str:
    match node:
        case ast.Name(id="OWN_TASK"):
            return "<task>"
        case ast.Name(id="OWN_CPU"):
            return "<cpu>"
    value = evaluate(world, module, node)
    return value if isinstance(value, str) else ""


def resolve_type(world: World, module: Module, node: ast.expr) -> Type | None:
    """Return the type that an annotation names, or None (reported) if there is none."""
    key = id(node)
    if key not in world.types:
        found = _resolve(world, module, node)
        if found is None:
            return None
        world.types[key] = found
    return world.types[key]


def _resolve(world: World, module: Module, node: ast.expr) -> Type | None:
    match node:
        case ast.Constant(value=None):
            return NONE
        case ast.Constant(value=str(text)):
            return _quoted(world, module, node, text)
        case ast.Name(id="int"):
            return INT
        case ast.Name(id="bool" | "Bool"):
            return BOOL
        case ast.Name(id=name):
            return _named_type(world, module, node, name)
        case ast.Subscript(value=ast.Name(id=outer), slice=inner):
            return _subscript(world, module, node, outer, inner)
    world.diagnostics.add("SD112", module.span(node))
    return None


def _quoted(world: World, module: Module, node: ast.expr, text: str) -> Type | None:
    if id(node) not in world.quoted:
        try:
            inner = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            world.diagnostics.add("SD112", module.span(node))
            return None
        for part in ast.walk(inner):
            ast.copy_location(part, node)
        world.quoted[id(node)] = inner  # types are kept by the identity of their syntax
    return _resolve(world, module, world.quoted[id(node)])


def _named_type(world: World, module: Module, node: ast.expr, name: str) -> Type | None:
    found = world.find(module, name)
    match found:
        case IntType():
            return found
        case Struct():
            return StructType(found)
        case ValueKind():
            return ValueType(found)
        case Alias(node=inner, module=owner):
            return resolve_type(world, owner, inner)
        case Builtin(name="Bool"):
            return BOOL
        case None:
            world.unknown(module, node, name)
        case _:
            world.diagnostics.add("SD112", module.span(node))
    return None


def _subscript(
    world: World, module: Module, node: ast.expr, outer: str, inner: ast.expr
) -> Type | None:
    if outer == "Annotated" and isinstance(inner, ast.Tuple):
        return _annotated(world, module, inner.elts)
    part = resolve_type(world, module, inner)
    match outer, part:
        case _, None:
            return None
        case "Ref", StructType(struct=struct):
            return RefType(struct)
        case "Ptr", ValueType(kind=kind):
            return PtrType(kind)
        case "Array", _:
            return ArrayType(part)
    world.diagnostics.add("SD112", module.span(node))
    return None


def _annotated(world: World, module: Module, parts: list[ast.expr]) -> Type | None:
    base = resolve_type(world, module, parts[0])
    for part in parts[1:]:
        match part:
            case ast.Call(func=ast.Name(id="upto" | "span" | "bits" as word), args=arguments):
                numbers = [evaluate(world, module, a) for a in arguments]
                if not all(isinstance(n, int) for n in numbers):
                    return None
                limits = [n for n in numbers if isinstance(n, int)]
                if word == "span" and len(limits) == 2:
                    return IntType(limits[0], limits[1])
                if word == "bits" and len(limits) == 1:
                    wide = _size(world, module, arguments[0], limits[0], MOST_MASK)
                    return IntType(0, 2**wide - 1)
                if word == "upto" and len(limits) == 1:
                    return IntType(0, limits[0])
                world.diagnostics.add("SD112", module.span(part))
    return base
