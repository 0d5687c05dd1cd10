# SPDX-License-Identifier: MIT
"""Expressions: their types, their checks, and the reads that they make."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from shootdown.compiler.builder import Builder, Skip, Val
from shootdown.compiler.constants import BINARY, attempt
from shootdown.compiler.guards import check_guard
from shootdown.compiler.mir import Block, Compute, Operand
from shootdown.compiler.source import closest
from shootdown.compiler.types import (
    BOOL,
    INT,
    LIMIT,
    NULLTYPE,
    Field,
    IntType,
    NullType,
    PositionType,
    PtrType,
    RefType,
    StructType,
    Type,
    ValueType,
)
from shootdown.compiler.world import Builtin, Constant

__all__ = ["Place", "condition", "expression", "place", "read", "truth", "write"]

OPERATIONS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.FloorDiv: "div",
    ast.Mod: "mod",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
    ast.RShift: "shr",
}

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Is: "eq",
    ast.IsNot: "ne",
}

UNSUPPORTED: dict[type[ast.expr], tuple[str, str]] = {
    ast.ListComp: ("a comprehension", "write a `for` loop over `range(n)`"),
    ast.SetComp: ("a comprehension", "write a `for` loop over `range(n)`"),
    ast.DictComp: ("a comprehension", "write a `for` loop over `range(n)`"),
    ast.GeneratorExp: ("a generator", "write a `for` loop over `range(n)`"),
    ast.Lambda: ("a lambda", "define a function"),
    ast.List: ("a list", "declare an `Array` field in a @struct"),
    ast.Dict: ("a dict", "declare records in a @struct"),
    ast.Set: ("a set", "use a bit mask"),
    ast.Tuple: ("a tuple", "use a @struct or two variables"),
    ast.JoinedStr: ("a string", "model code has integers, references and values only"),
    ast.Await: ("await", "write `wait_until(condition)`"),
    ast.Yield: ("yield", "scheduling points are implicit"),
    ast.NamedExpr: ("`:=`", "assign in a statement of its own"),
    ast.Starred: ("`*`", "pass each argument by itself"),
    ast.Slice: ("a slice", "use an index"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in shared memory: element `position` of `field`; `record` is its record."""

    field: Field
    position: Operand
    record: Operand


def expression(b: Builder, node: ast.expr) -> Val:
    """Compile an expression and return its value."""
    match node:
        case ast.Constant(value=bool() | int() as value):
            return _number(int(value), is_bool=isinstance(value, bool))
        case ast.Constant(value=None):
            return Val(0, NULLTYPE)
        case ast.Constant(value=float()):
            b.error("SD102", node, "a float", "use integers; the model counts, it does not measure")
        case ast.Constant(value=str() | bytes()):
            b.error(
                "SD102", node, "a string", "model code has integers, references and values only"
            )
        case ast.Name(id=name):
            return _name(b, node, name)
        case ast.Attribute():
            return _attribute(b, node)
        case ast.Subscript():
            return read(b, place(b, node), node)
        case ast.BinOp(left=left, op=op, right=right):
            return binary(b, node, expression(b, left), op, expression(b, right))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Val(b.compute("eq", truth(b, expression(b, operand), operand), 0, BOOL), BOOL)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return binary(b, node, _number(0), ast.Sub(), expression(b, operand))
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return binary(b, node, expression(b, operand), ast.BitXor(), _number(-1))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return compare(b, node, expression(b, left), op, expression(b, right))
        case ast.BoolOp() | ast.Compare():
            return _logical(b, node)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _conditional(b, node, test, body, orelse)
        case ast.Call():
            from shootdown.compiler.calls import call

            return call(b, node)
    what, advice = UNSUPPORTED.get(type(node), ("this expression", "use a simpler one"))
    b.error("SD102", node, what, advice)


def _number(value: int, *, is_bool: bool = False) -> Val:
    return Val(value, BOOL if is_bool else IntType(value, value))


def _name(b: Builder, node: ast.Name, name: str) -> Val:
    if name in b.variables:
        reg = b.variables[name]
        b.used.setdefault(reg, node)
        return Val(reg, reg.kind, declared=True)
    if name in b.poisoned:
        raise Skip
    found = b.world.find(b.module, name)
    match found:
        case Constant(value=bool() | int() as value):
            return _number(int(value), is_bool=isinstance(value, bool))
        case Builtin(name="NULL"):
            return Val(0, NULLTYPE)
        case None:
            b.world.unknown(b.module, node, name, b.variables)
            raise Skip
    b.error("SD104", node, "an expression", "a value", f"the name {name!r}")


def _attribute(b: Builder, node: ast.Attribute) -> Val:
    if isinstance(node.value, ast.Name) and node.value.id not in b.variables:
        kind = b.world.find(b.module, node.value.id)
        if isinstance(kind, IntType):
            number = dict(kind.members).get(node.attr)
            if number is None:
                hint = closest(node.attr, dict(kind.members))
                b.error("SD103", node, kind.name, node.attr, hint)
            return Val(number, kind, declared=True)
    base = expression(b, node.value)
    if isinstance(base.kind, ValueType):
        parts = base.kind.kind.fields
        if node.attr not in parts:
            b.error("SD103", node, base.kind, node.attr, closest(node.attr, parts))
        kind, shift, width = parts[node.attr]
        moved = b.compute("shr", base.operand, shift) if shift else base.operand
        return Val(b.compute("and", moved, 2**width - 1, kind), kind, declared=True)
    return read(b, _field_place(b, node, base), node)


def _field_place(b: Builder, node: ast.Attribute, base: Val) -> Place:
    if not isinstance(base.kind, RefType):
        b.error("SD104", node.value, f"`.{node.attr}`", "a reference", base.kind)
    fields = base.kind.struct.fields
    if node.attr not in fields:
        b.error("SD103", node, base.kind.struct.name, node.attr, closest(node.attr, fields))
    return Place(fields[node.attr], _record_number(b, base, node), base.operand)


def _record_number(b: Builder, base: Val, node: ast.Attribute) -> Operand:
    if not (isinstance(base.operand, int) and base.operand):
        present = b.compute("ne", base.operand, 0, BOOL)
        b.check(present, "null_reference", node, f"{ast.unparse(node.value)} is NULL")
    assert isinstance(base.kind, RefType)
    return b.compute("sub", base.operand, 1, PositionType(base.kind.struct))


def place(b: Builder, node: ast.expr) -> Place:
    """Compile the address of a field, an array element or a pool cell."""
    match node:
        case ast.Attribute(value=inner):
            return _field_place(b, node, expression(b, inner))
        case ast.Subscript(value=ast.Attribute() as inner, slice=position):
            base = expression(b, inner.value)
            if isinstance(base.kind, RefType):
                found = _field_place(b, inner, base)
                if found.field.length:
                    return _element(b, found, position)
                return _cell(b, node, read(b, found, inner), position)
            b.error("SD104", inner.value, "an index", "a reference", base.kind)
        case ast.Subscript(value=inner, slice=position):
            return _cell(b, node, expression(b, inner), position)
    b.error("SD102", node, "this target", "assign to a variable, a field or an element")


def _element(b: Builder, base: Place, position: ast.expr) -> Place:
    offset = expression(b, position)
    length = base.field.length
    checked = _checked(b, offset, length, position, f"index of {base.field}")
    kind = PositionType(base.field.struct, length)
    scaled = b.compute("mul", base.position, length, kind)
    return Place(base.field, b.compute("add", scaled, checked, kind), base.record)


def _checked(b: Builder, offset: Val, length: int, node: ast.expr, what: str) -> Operand:
    if not isinstance(offset.kind, IntType):
        b.error("SD104", node, what, "an integer", offset.kind)
    if not (offset.kind.low >= 0 and offset.kind.high < length):
        low = b.compute("ge", offset.operand, 0, BOOL)
        high = b.compute("lt", offset.operand, length, BOOL)
        inside = b.compute("and", low, high, BOOL)
        b.check(inside, "index", node, f"{what} must be in 0..{length - 1}")
    return offset.operand


def _cell(b: Builder, node: ast.Subscript, base: Val, position: ast.expr) -> Place:
    if not isinstance(base.kind, PtrType):
        b.error("SD104", node.value, "`[...]`", "an array or a Ptr", base.kind)
    kind = base.kind.kind
    if kind.cells is None:
        b.error("SD122", node, kind.name)
    offset = expression(b, position)
    present = b.compute("ne", base.operand, 0, BOOL)
    b.check(present, "null_reference", node, f"{ast.unparse(node.value)} is NULL")
    pool = PositionType(kind.cells.struct)
    first = b.compute("sub", base.operand, 1, pool)
    cell = b.compute("add", first, offset.operand, pool)
    checked = _checked(b, Val(cell, INT), kind.count, position, f"position in {kind.name}")
    return Place(kind.cells, checked, 0)


def read(b: Builder, spot: Place, node: ast.expr) -> Val:
    """Compile the read of a place."""
    kind = spot.field.type
    if isinstance(kind, StructType):
        return b.embed(spot.field, spot.position)
    if spot.field.length and isinstance(node, ast.Attribute):
        b.error("SD104", node, "an expression", "one element", f"the array {spot.field}")
    check_guard(b, spot.field, spot.record, node, is_write=False)
    return Val(b.load(spot.field, spot.position, node), kind, declared=True)


def write(b: Builder, spot: Place, value: Val, node: ast.expr, source: ast.expr) -> None:
    """Compile the write of a place."""
    kind = spot.field.type
    if isinstance(kind, StructType):
        b.error("SD104", node, "an assignment", "a number or a reference", kind)
    if spot.field.length and isinstance(node, ast.Attribute):
        b.error("SD104", node, "an assignment", "one element", f"the array {spot.field}")
    operand = b.convert(value, kind, source, str(spot.field))
    escapes = operand in b.holds_local and not spot.field.struct.is_local
    if escapes and spot.field.struct.count:
        b.error("SD110", source, ast.unparse(source))
    check_guard(b, spot.field, spot.record, node, is_write=True)
    b.store(spot.field, spot.position, operand, node)


def truth(b: Builder, value: Val, node: ast.expr) -> Operand:
    """Return an operand that is not 0 if and only if the value is true."""
    if isinstance(value.kind, IntType | RefType | PtrType | NullType):
        return value.operand
    b.error("SD104", node, "a condition", "a Bool, an integer or a reference", value.kind)


def binary(b: Builder, node: ast.expr, left: Val, op: ast.operator, right: Val) -> Val:
    """Compile an operation on two values."""
    name = OPERATIONS.get(type(op))
    if name is None:
        b.error("SD102", node, "this operator", "use + - * // % & | ^ << >>")
    if isinstance(left.kind, PtrType) and name in ("add", "sub"):
        return _pointer_step(b, node, left, name, right)
    if not (isinstance(left.kind, IntType) and isinstance(right.kind, IntType)):
        wrong = right.kind if isinstance(left.kind, IntType) else left.kind
        b.error("SD104", node, "an operator", "integers", wrong)
    if name in ("div", "mod") and not right.kind.low > 0:
        positive = b.compute("gt", right.operand, 0, BOOL)
        b.check(positive, "range", node, "the divisor must be positive")
    if name in ("shl", "shr") and not (right.kind.low >= 0 and right.kind.high < 63):
        low = b.compute("ge", right.operand, 0, BOOL)
        inside = b.compute("and", low, b.compute("lt", right.operand, 63, BOOL), BOOL)
        b.check(inside, "range", node, "the shift must be in 0..62")
    known = isinstance(left.operand, int) and isinstance(right.operand, int)
    if known and (right.kind.low > 0 or name in ("add", "sub", "mul", "and", "or", "xor")):
        assert isinstance(left.operand, int)
        assert isinstance(right.operand, int)
        return _number(BINARY[type(op)](left.operand, right.operand))
    kind = interval(name, left.kind, right.kind)
    return Val(b.compute(name, left.operand, right.operand, kind), kind)


def interval(name: str, left: IntType, right: IntType) -> IntType:
    """Return a range that the result of an operation is always in."""
    a, c = (left.low, left.high), (right.low, right.high)
    if name == "add":
        low, high = a[0] + c[0], a[1] + c[1]
    elif name == "sub":
        low, high = a[0] - c[1], a[1] - c[0]
    elif name == "mul":
        products = [x * y for x in a for y in c]
        low, high = min(products), max(products)
    elif name in ("div", "mod") and a[0] >= 0 and c[0] > 0:
        low, high = 0, a[1] if name == "div" else c[1] - 1
    elif name == "and" and c[0] >= 0:
        low, high = 0, c[1]
    elif name == "and" and a[0] >= 0:
        low, high = 0, a[1]
    elif name in ("or", "xor") and a[0] >= 0 and c[0] >= 0:
        low, high = 0, 2 ** max(a[1].bit_length(), c[1].bit_length()) - 1
    elif name == "shr" and a[0] >= 0:
        low, high = 0, a[1]
    elif name == "shl" and a[0] >= 0 and c[0] >= 0 and c[1] < 62:
        low, high = 0, a[1] << c[1]
    else:
        return INT
    return IntType(max(low, -LIMIT), min(high, LIMIT))


def _pointer_step(b: Builder, node: ast.expr, left: Val, name: str, right: Val) -> Val:
    if isinstance(right.kind, PtrType) and name == "sub" and right.kind == left.kind:
        return Val(b.compute("sub", left.operand, right.operand), INT)
    if not isinstance(right.kind, IntType) or not isinstance(left.kind, PtrType):
        b.error("SD104", node, "a pointer step", "an integer", right.kind)
    moved = b.compute(name, left.operand, right.operand, INT)
    limit = left.kind.kind.count + 1
    low, high = b.compute("ge", moved, 1, BOOL), b.compute("le", moved, limit, BOOL)
    inside = b.compute("and", low, high, BOOL)
    b.check(inside, "index", node, f"the pointer leaves the pool of {left.kind.kind.name}")
    target = b.temp(left.kind)
    b.emit(Compute(target, "copy", moved))
    return Val(target, left.kind, declared=True)


def compare(b: Builder, node: ast.expr, left: Val, op: ast.cmpop, right: Val) -> Val:
    """Compile one comparison."""
    name = COMPARISONS.get(type(op))
    if name is None:
        b.error("SD102", node, "`in`", "compare with == or use a bit mask")
    if _ordered(left.kind, right.kind) or (name in ("eq", "ne") and _same(left.kind, right.kind)):
        return Val(b.compute(name, left.operand, right.operand, BOOL), BOOL)
    b.error("SD104", node, "a comparison", left.kind, right.kind)


def _ordered(left: Type, right: Type) -> bool:
    if isinstance(left, IntType) and isinstance(right, IntType):
        return not (left.members and right.members) or left.name == right.name
    return isinstance(left, PtrType) and left == right


def _same(left: Type, right: Type) -> bool:
    if left == right:
        return True
    nullable = (RefType, PtrType, NullType)
    either = isinstance(left, NullType) or isinstance(right, NullType)
    return either and isinstance(left, nullable) and isinstance(right, nullable)


def _logical(b: Builder, node: ast.expr) -> Val:
    target = b.temp(BOOL)
    yes, no, after = b.new_block(), b.new_block(), b.new_block()
    condition(b, node, yes, no)
    for block, result in ((yes, 1), (no, 0)):
        b.start(block)
        b.emit(Compute(target, "copy", result))
        b.jump(after)
    b.start(after)
    return Val(target, BOOL)


def condition(b: Builder, node: ast.expr, yes: Block, no: Block) -> None:
    """Compile a test: go to `yes` or to `no`, evaluating no more than Python would."""
    match node:
        case ast.BoolOp(op=op, values=parts):
            for part in parts[:-1]:
                following = b.new_block()
                if isinstance(op, ast.And):
                    condition(b, part, following, no)
                else:
                    condition(b, part, yes, following)
                b.start(following)
            condition(b, parts[-1], yes, no)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            condition(b, operand, no, yes)
        case ast.Compare(left=left, ops=ops, comparators=rights) if len(ops) > 1:
            value = expression(b, left)
            for operator, right in zip(ops, rights, strict=True):
                other = expression(b, right)
                following = b.new_block()
                b.branch(compare(b, node, value, operator, other).operand, following, no)
                b.start(following)
                value = other
            b.jump(yes)
        case _:
            b.branch(truth(b, expression(b, node), node), yes, no)


def _conditional(
    b: Builder, node: ast.expr, test: ast.expr, body: ast.expr, orelse: ast.expr
) -> Val:
    folded = fold(b, test)
    if folded is not None:
        return expression(b, body if folded else orelse)
    yes, no, after = b.new_block(), b.new_block(), b.new_block()
    condition(b, test, yes, no)
    b.start(yes)
    first = expression(b, body)
    first_end = b.block
    b.start(no)
    second = expression(b, orelse)
    kind = _joined(b, node, first.kind, second.kind)
    target = b.temp(kind)
    b.emit(Compute(target, "copy", second.operand))
    b.jump(after)
    b.block = first_end
    b.emit(Compute(target, "copy", first.operand))
    b.jump(after)
    b.start(after)
    return Val(target, kind)


def _joined(b: Builder, node: ast.expr, first: Type, second: Type) -> Type:
    if isinstance(first, IntType) and isinstance(second, IntType):
        if first.name == second.name and first.name:
            return first
        return IntType(min(first.low, second.low), max(first.high, second.high))
    if isinstance(first, NullType):
        return second
    if isinstance(second, NullType) or first == second:
        return first
    b.error("SD104", node, "a conditional", first, second)


def fold(b: Builder, node: ast.expr) -> object:
    """Return the value of an expression that is constant here, or None."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in b.variables:
            return None
    return attempt(b.world, b.module, node)
