# SPDX-License-Identifier: MIT
"""Calls: functions, events, and the operations that the language itself has."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeGuard

from shootdown.compiler.builder import Builder, Skip, Val
from shootdown.compiler.constants import attempt, evaluate
from shootdown.compiler.expressions import condition, expression, truth
from shootdown.compiler.mir import Call, Choose, Compute, Mark, Operand
from shootdown.compiler.source import closest
from shootdown.compiler.types import (
    BOOL,
    INT,
    NONE,
    IntType,
    NoneType,
    PtrType,
    RefType,
    Struct,
    ValueKind,
    ValueType,
)
from shootdown.compiler.world import Builtin, FunctionDeclaration
from shootdown.lang.declarations import Feature

__all__ = ["call", "choose", "hook", "sleep_until"]

NOTHING = Val(0, NONE)


def call(b: Builder, node: ast.Call) -> Val:
    """Compile a call and return its result."""
    if not isinstance(node.func, ast.Name):
        b.error("SD102", node.func, "a method call", "call a function: `name(...)`")
    name = node.func.id
    found = b.world.find(b.module, name)
    match found:
        case FunctionDeclaration(role="event"):
            return _event(b, node, found)
        case FunctionDeclaration():
            return _function(b, node, _selected(b, found))
        case ValueKind():
            return _construct(b, node, found)
        case Builtin(name=word) if word in INTRINSICS:
            return INTRINSICS[word](b, node)
        case None:
            b.world.unknown(b.module, node.func, name)
            raise Skip
    b.error("SD114", node.func, name)


def _selected(b: Builder, found: FunctionDeclaration) -> FunctionDeclaration:
    """Return the variant to call; a patch must take and return what the kernel's own does."""
    chosen = b.world.selected(found)
    if found.name not in b.world.unpatched or chosen is found:
        return chosen
    own = b.world.unpatched[found.name] or found
    mine, wanted = b.lowering.signature(chosen), b.lowering.signature(own)
    kinds = [kind for _, kind in mine.parameters]
    if kinds != [kind for _, kind in wanted.parameters] or mine.result != wanted.result:
        text = f"({ast.unparse(own.node.args)})"
        if own.node.returns is not None:
            text += f" -> {ast.unparse(own.node.returns)}"
        span = chosen.module.span(chosen.node)
        b.world.diagnostics.add("SD205", span, chosen.name, text)
        raise Skip
    return chosen


def _positional(b: Builder, node: ast.Call, name: str, count: int) -> list[ast.expr]:
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            b.error("SD102", argument, "`*` in a call", "pass each argument by itself")
    if node.keywords:
        b.error("SD102", node, "a keyword argument", "pass arguments by position")
    if len(node.args) != count:
        b.error("SD105", node, name, count, len(node.args))
    return node.args


def _arguments(
    b: Builder, node: ast.Call, declaration: FunctionDeclaration
) -> list[tuple[str, Operand]]:
    signature = b.lowering.signature(declaration)
    given = _positional(b, node, declaration.name, len(signature.parameters))
    passed: list[tuple[str, Operand]] = []
    for (name, kind), argument in zip(signature.parameters, given, strict=True):
        value = expression(b, argument)
        what = f"{declaration.name}() argument {name!r}"
        operand = b.convert(value, kind, argument, what)
        if isinstance(operand, int) or operand.is_temporary:
            passed.append((name, operand))
            continue
        copy = b.temp(kind)  # a later argument may change the variable
        b.emit(Compute(copy, "copy", operand))
        passed.append((name, copy))
        if operand in b.holds_local:
            b.holds_local.add(copy)
    return passed


def _function(b: Builder, node: ast.Call, declaration: FunctionDeclaration) -> Val:
    if declaration.role in ("on", "final", "setup", "task", "hardware_task", "gate", "quiescent"):
        b.error("SD114", node.func, declaration.name)
    passed = _arguments(b, node, declaration)
    signature = b.lowering.signature(declaration)
    monitor, gate = b.monitor, b.code.gate
    callee = b.lowering.code(declaration, atomic=b.atomic, monitor=monitor, gate=gate)
    target = None if isinstance(signature.result, NoneType) else b.temp(signature.result)
    span = b.module.span(node)
    b.emit(Call(target, callee, tuple(operand for _, operand in passed), span, b.atomic))
    return NOTHING if target is None else Val(target, signature.result, declared=True)


def _event(b: Builder, node: ast.Call, event: FunctionDeclaration) -> Val:
    passed = _arguments(b, node, event)
    emit_event(b, node, event, passed)
    return NOTHING


def emit_event(
    b: Builder,
    node: ast.AST,
    event: FunctionDeclaration,
    passed: list[tuple[str, Operand]],
) -> None:
    """Note that an event happens and run the monitors that listen to it."""
    span = b.module.span(node)
    b.emit(Mark(event, tuple(passed), span))
    for monitor in b.lowering.listeners(event):
        code = b.lowering.code(monitor, atomic=True, monitor=True)
        b.emit(Call(None, code, tuple(operand for _, operand in passed), span, b.atomic))


def _construct(b: Builder, node: ast.Call, kind: ValueKind) -> Val:
    if node.args:
        b.error("SD102", node, "a positional field", f"write `{kind.name}(field=value)`")
    return _with_fields(b, node, kind, 0)


def _with_fields(b: Builder, node: ast.Call, kind: ValueKind, start: Operand) -> Val:
    result: Operand = start
    whole = ValueType(kind)
    for keyword in node.keywords:
        name = keyword.arg or ""
        if name not in kind.fields:
            b.error("SD103", keyword, kind.name, name, closest(name, kind.fields))
        part, shift, width = kind.fields[name]
        value = expression(b, keyword.value)
        operand = b.convert(value, part, keyword.value, f"{kind.name}.{name}")
        if start != 0:
            result = b.compute("and", result, ~((2**width - 1) << shift), whole)
        if isinstance(operand, int) and isinstance(result, int):
            result |= operand << shift
        else:
            moved = b.compute("shl", operand, shift, whole) if shift else operand
            result = moved if result == 0 else b.compute("or", result, moved, whole)
    return Val(result, whole, declared=True)


def _replace(b: Builder, node: ast.Call) -> Val:
    if len(node.args) != 1:
        b.error("SD105", node, "replace", 1, len(node.args))
    value = expression(b, node.args[0])
    if not isinstance(value.kind, ValueType):
        b.error("SD104", node.args[0], "replace()", "a @value", value.kind)
    kind = value.kind.kind
    result = _with_fields(b, node, kind, value.operand)
    target = b.temp(result.kind)
    b.emit(Compute(target, "copy", result.operand))
    return Val(target, result.kind, declared=True)


def _type_argument(b: Builder, node: ast.expr) -> Struct | ValueKind:
    found = b.world.find(b.module, node.id) if isinstance(node, ast.Name) else None
    if isinstance(found, Struct | ValueKind):
        return found
    b.error("SD104", node, "the first argument", "a @struct or @value", ast.unparse(node))


def _pool_position(b: Builder, node: ast.expr, count: int, what: str) -> Operand:
    value = expression(b, node)
    if not isinstance(value.kind, IntType):
        b.error("SD104", node, what, "an integer", value.kind)
    if not (value.kind.low >= 0 and value.kind.high < count):
        low = b.compute("ge", value.operand, 0, BOOL)
        inside = b.compute("and", low, b.compute("lt", value.operand, count, BOOL), BOOL)
        b.check(inside, "index", node, f"{what} must be in 0..{count - 1}")
    return b.compute("add", value.operand, 1, IntType(1, count))


def _record(b: Builder, node: ast.Call) -> Val:
    kind, position = _positional(b, node, "record", 2)
    struct = _type_argument(b, kind)
    if not isinstance(struct, Struct):
        b.error("SD104", kind, "record()", "a @struct", struct.name)
    if not struct.count:
        b.error("SD122", kind, struct.name)
    operand = _pool_position(b, position, struct.count, f"position in {struct.name}")
    return Val(operand, RefType(struct), declared=True)


def _pointer(b: Builder, node: ast.Call) -> Val:
    kind, position = _positional(b, node, "pointer", 2)
    cell = _type_argument(b, kind)
    if not isinstance(cell, ValueKind) or not cell.count:
        b.error("SD122", kind, cell.name)
    operand = _pool_position(b, position, cell.count, f"position in {cell.name}")
    return Val(operand, PtrType(cell), declared=True)


def _index(b: Builder, node: ast.Call) -> Val:
    (argument,) = _positional(b, node, "index", 1)
    value = expression(b, argument)
    match value.kind:
        case RefType(struct=struct):
            count = struct.count
        case PtrType(kind=kind):
            count = kind.count + 1
        case _:
            b.error("SD104", argument, "index()", "a Ref or a Ptr", value.kind)
    present = b.compute("ne", value.operand, 0, BOOL)
    b.check(present, "null_reference", node, f"{ast.unparse(argument)} is NULL")
    result = IntType(0, max(0, count - 1)) if count else INT
    return Val(b.compute("sub", value.operand, 1, result), result, declared=True)


def _local(b: Builder, node: ast.Call) -> Val:
    (kind,) = _positional(b, node, "local", 1)
    struct = _type_argument(b, kind)
    if not isinstance(struct, Struct):
        b.error("SD104", kind, "local()", "a @struct", struct.name)
    reference = b.local_record(struct)
    if b.loops:
        b.zero(struct, reference, node)
    b.holds_local.add(reference)
    return Val(reference, RefType(struct), declared=True)


def _new(b: Builder, node: ast.Call) -> Val:
    (kind,) = _positional(b, node, "new", 1)
    struct = _type_argument(b, kind)
    if not isinstance(struct, Struct):
        b.error("SD104", kind, "new()", "a @struct", struct.name)
    if not struct.alloc or not struct.count:
        b.error("SD123", kind, struct.name)
    b.schedule(node)
    live = struct.fields["sd_live"]
    target = b.temp(RefType(struct))
    done = b.new_block()
    for number in range(struct.count):
        taken, free = b.new_block(), b.new_block()
        b.branch(b.load(live, number, node, quiet=True), taken, free)
        b.start(free)
        b.store(live, number, 1, node, quiet=True)
        b.emit(Compute(target, "copy", number + 1))
        b.jump(done)
        b.start(taken)
    b.check(0, "exhausted_pool", node, f"all {struct.count} records of {struct.name} are in use")
    b.emit(Compute(target, "copy", 1))
    b.jump(done)
    b.start(done)
    return Val(target, RefType(struct), declared=True)


def _delete(b: Builder, node: ast.Call) -> Val:
    (argument,) = _positional(b, node, "delete", 1)
    value = expression(b, argument)
    if not isinstance(value.kind, RefType) or not value.kind.struct.alloc:
        b.error("SD123", argument, value.kind)
    present = b.compute("ne", value.operand, 0, BOOL)
    b.check(present, "null_reference", node, f"{ast.unparse(argument)} is NULL")
    b.schedule(node)
    struct = value.kind.struct
    number = b.compute("sub", value.operand, 1)
    live = b.load(struct.fields["sd_live"], number, node, quiet=True)
    b.check(live, "double_free", node, f"this {struct.name} is free already")
    b.zero(struct, value.operand, node)
    return NOTHING


def _wait_until(b: Builder, node: ast.Call) -> Val:
    (test,) = _positional(b, node, "wait_until", 1)
    if b.monitor:
        b.error("SD127", node, "waiting")
    b.schedule(node)
    _wait(b, test)
    return NOTHING


def _wait(b: Builder, test: ast.expr) -> None:
    """Make the current step impossible unless the test holds."""
    outside, b.atomic = b.atomic, True
    for part in test.values if _is_and(test) else [test]:
        _wait_for(b, part)
    b.atomic = outside


def _is_and(test: ast.expr) -> TypeGuard[ast.BoolOp]:
    return isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And)


def _wait_for(b: Builder, test: ast.expr) -> None:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        b.wait(expression(b, test).operand)
        return
    yes, no = b.new_block(), b.new_block()
    condition(b, test, yes, no)
    b.start(no)
    b.wait(0)
    b.jump(yes)
    b.start(yes)


def _sleep_until(b: Builder, node: ast.Call) -> Val:
    if b.atomic or not b.world.settings["MULTITASK"]:
        return _wait_until(b, node)
    sleep_until(b, node)
    return NOTHING


def sleep_until(b: Builder, node: ast.Call) -> None:
    """Wait where the CPU has other tasks, and let them have it meanwhile.

    What follows belongs to the step that finds the condition true.
    """
    (test,) = _positional(b, node, "sleep_until", 1)
    b.schedule(node)
    b.atomic = True
    after, sleeping = b.new_block(), b.new_block()
    condition(b, test, after, sleeping)
    b.start(sleeping)
    hook(b, node, "task_sleep")
    b.atomic = False
    b.schedule(node)
    _wait(b, test)
    b.jump(after)
    b.start(after)


def hook(b: Builder, node: ast.AST, name: str) -> None:
    """Emit the event that the model declares for a change in what a task is doing, if any."""
    if name in b.lowering.hooks:
        emit_event(b, node, b.lowering.hooks[name], [])


def choose(b: Builder, node: ast.Call, *, in_block: bool) -> Val:
    """Compile `choose(n)`; `in_block`: it opens a `with atomic()` block."""
    (argument,) = _positional(b, node, "choose", 1)
    count = evaluate(b.world, b.module, argument)
    if not isinstance(count, int):
        b.error("SD111", argument)
    if not 0 < count < 256:
        b.error("SD124", argument, count, "1..255")
    if b.atomic:
        b.error("SD116", node)
    b.schedule(node, count, opens=not in_block)
    target = b.temp(IntType(0, count - 1))
    b.emit(Choose(target))
    return Val(target, target.kind, declared=True)


def _choose(b: Builder, node: ast.Call) -> Val:
    return choose(b, node, in_block=False)


def _violation(b: Builder, node: ast.Call) -> Val:
    (name,) = _positional(b, node, "violation", 1)
    b.check(0, _property(b, name), node, ast.unparse(node))
    return NOTHING


def _check(b: Builder, node: ast.Call) -> Val:
    test, name = _positional(b, node, "check", 2)
    held = truth(b, expression(b, test), test)
    b.check(held, _property(b, name), node, ast.unparse(test))
    return NOTHING


def _property(b: Builder, node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    b.error("SD104", node, "the name of an invariant", "a string", ast.unparse(node))


def _rest(b: Builder, node: ast.Call) -> Val:
    _positional(b, node, "rest", 0)
    if b.atomic:
        b.error("SD115", node, "rest()")
    b.is_rest = True
    return NOTHING


def _number_of(word: str) -> Callable[[Builder, ast.Call], Val]:
    def compile_number(b: Builder, node: ast.Call) -> Val:
        _positional(b, node, f"this_{word}", 0)
        target = b.task_number(word)
        return Val(target, target.kind, declared=True)

    return compile_number


def _cost(b: Builder, node: ast.Call) -> Val:
    _positional(b, node, "cost", 1)
    return NOTHING


def _has(b: Builder, node: ast.Call) -> Val:
    (argument,) = _positional(b, node, "has", 1)
    value = attempt(b.world, b.module, argument)
    if not isinstance(value, Feature):
        name = ast.unparse(argument)
        b.error("SD201", argument, name, closest(name, [*b.module.names, *b.module.imports]))
    return Val(int(b.world.has(value)), BOOL)


INTRINSICS: dict[str, Callable[[Builder, ast.Call], Val]] = {
    "check": _check,
    "choose": _choose,
    "cost": _cost,
    "delete": _delete,
    "has": _has,
    "index": _index,
    "local": _local,
    "new": _new,
    "pointer": _pointer,
    "record": _record,
    "replace": _replace,
    "rest": _rest,
    "sleep_until": _sleep_until,
    "this_cpu": _number_of("cpu"),
    "this_task": _number_of("task"),
    "violation": _violation,
    "wait_until": _wait_until,
}
