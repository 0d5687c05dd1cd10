# SPDX-License-Identifier: MIT
"""Statements: assignments, control flow, and blocks that are one step."""

from __future__ import annotations

import ast

from shootdown.compiler.builder import Builder, Skip, Val
from shootdown.compiler.calls import choose, hook, sleep_until
from shootdown.compiler.constants import evaluate
from shootdown.compiler.expressions import (
    binary,
    condition,
    expression,
    fold,
    place,
    read,
    truth,
    write,
)
from shootdown.compiler.mir import Compute, Operand, Reg
from shootdown.compiler.records import resolve_type
from shootdown.compiler.types import BOOL, INT, NONE, IntType, NoneType, NullType, StructType, Type

__all__ = ["body"]

UNSUPPORTED: dict[type[ast.stmt], tuple[str, str]] = {
    ast.Try: ("`try`", "kernel code returns errors; test the result"),
    ast.Raise: ("`raise`", "use `assert` or `violation(...)`"),
    ast.FunctionDef: ("a function inside a function", "define it at the top of the file"),
    ast.AsyncFunctionDef: ("`async`", "tasks are declared with @task"),
    ast.ClassDef: ("a class inside a function", "define it at the top of the file"),
    ast.Global: ("`global`", "shared state lives in a @struct pool"),
    ast.Nonlocal: ("`nonlocal`", "shared state lives in a @struct pool"),
    ast.Delete: ("`del`", "use delete(ref) for records"),
    ast.Import: ("an import inside a function", "import at the top of the file"),
    ast.ImportFrom: ("an import inside a function", "import at the top of the file"),
}


def body(b: Builder, statements: list[ast.stmt]) -> None:
    """Compile statements one after the other; one with an error is skipped."""
    for position, node in enumerate(statements):
        if b.block is None:
            b.start(b.new_block())  # cannot be reached, but its errors are reported
        try:
            if b.is_rest and not isinstance(node, ast.With):
                b.is_rest = False
                b.error("SD117", statements[position - 1])
            statement(b, node)
        except Skip:
            _poison(b, node)
    if b.is_rest:
        b.is_rest = False
        b.world.diagnostics.add("SD117", b.module.span(statements[-1]))


def _poison(b: Builder, node: ast.stmt) -> None:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            if name not in b.variables:
                b.poisoned.add(name)


def statement(b: Builder, node: ast.stmt) -> None:
    """Compile one statement."""
    match node:
        case ast.Assign(targets=[target], value=value):
            assign(b, target, value)
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
            _declare(b, node, name, annotation, value)
        case ast.AugAssign(target=target, op=op, value=value):
            _augment(b, target, op, value)
        case ast.If(test=test, body=yes, orelse=no):
            _if(b, test, yes, no)
        case ast.While(test=test, body=inner, orelse=[]):
            _while(b, test, inner)
        case ast.For(target=ast.Name() as name, iter=counted, body=inner, orelse=[]):
            _for(b, node, name, counted, inner)
        case ast.Return(value=value):
            _return(b, node, value)
        case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
            pass
        case ast.Expr(value=value):
            expression(b, value)
        case ast.Assert(test=test):
            b.check(truth(b, expression(b, test), test), "assertion", node, ast.unparse(test))
        case ast.With(items=[ast.withitem(ast.Call(func=ast.Name(id="atomic")), None)], body=inner):
            _atomic(b, node, inner)
        case ast.Match(subject=subject, cases=cases):
            _match(b, subject, cases)
        case ast.Break() | ast.Continue():
            _leave_loop(b, node)
        case _:
            _unsupported(b, node)


def _unsupported(b: Builder, node: ast.stmt) -> None:
    match node:
        case ast.With():
            b.error("SD102", node, "this `with`", "the only block of its kind is `with atomic():`")
        case ast.While() | ast.For():
            b.error("SD102", node, "this loop", "write `while test:` or `for i in range(n):`")
        case ast.Assign():
            b.error("SD102", node, "several targets", "assign to one target at a time")
    what, advice = UNSUPPORTED.get(type(node), ("this statement", "use a simpler one"))
    b.error("SD102", node, what, advice)


def assign(b: Builder, target: ast.expr, source: ast.expr) -> None:
    """Compile `target = source`."""
    if not isinstance(target, ast.Name):
        if isinstance(target, ast.Tuple | ast.List | ast.Starred):
            b.error("SD102", target, "several targets", "assign to one target at a time")
        value = expression(b, source)
        write(b, place(b, target), value, target, source)
        return
    set_variable(b, target, expression(b, source), source)


def set_variable(b: Builder, target: ast.Name, value: Val, source: ast.expr) -> None:
    """Give a local variable a value; its first one decides its type."""
    name = target.id
    if name in b.running:
        b.error("SD102", target, "assigning the loop variable", "use another variable")
    reg = b.variables.get(name)
    if reg is None:
        reg = Reg(name, _variable_type(b, target, value, source))
        b.variables[name] = reg
    elif _family(reg.kind) != _family(value.kind) and not isinstance(value.kind, NullType):
        b.error("SD118", target, name, reg.kind)
    operand = b.convert(value, reg.kind, source, f"{name!r}")
    b.emit(Compute(reg, "copy", operand))
    if value.operand in b.holds_local:
        b.holds_local.add(reg)


def _family(kind: Type) -> object:
    return IntType if isinstance(kind, IntType) else kind


def _variable_type(b: Builder, target: ast.Name, value: Val, source: ast.expr) -> Type:
    kind = value.kind
    if isinstance(kind, NoneType):
        b.error("SD104", source, f"{target.id!r}", "a value", "None")
    if isinstance(kind, NullType):
        b.error("SD125", target, target.id)
    computed = isinstance(kind, IntType) and not (value.declared or kind.name)
    if computed and b.writes.get(target.id, 0) > 1:
        b.error("SD109", target, target.id)
    return kind


def _declare(
    b: Builder, node: ast.AnnAssign, name: str, annotation: ast.expr, value: ast.expr | None
) -> None:
    kind = resolve_type(b.world, b.module, annotation)
    if kind is None or isinstance(kind, StructType):
        if kind is not None:
            b.error("SD112", annotation)
        raise Skip
    if name in b.variables and b.variables[name].kind != kind:
        b.error("SD118", node, name, b.variables[name].kind)
    reg = b.variables.setdefault(name, Reg(name, kind))
    if value is not None:
        operand = b.convert(expression(b, value), kind, value, f"{name!r}")
        b.emit(Compute(reg, "copy", operand))
        if operand in b.holds_local:
            b.holds_local.add(reg)


def _augment(b: Builder, target: ast.expr, op: ast.operator, source: ast.expr) -> None:
    if isinstance(target, ast.Name):
        current = expression(b, target)
        result = binary(b, source, current, op, expression(b, source))
        set_variable(b, target, result, source)
        return
    spot = place(b, target)
    current = read(b, spot, target)
    result = binary(b, source, current, op, expression(b, source))
    write(b, spot, result, target, source)


def _if(b: Builder, test: ast.expr, yes: list[ast.stmt], no: list[ast.stmt]) -> None:
    folded = fold(b, test)
    if folded is not None:
        body(b, yes if folded else no)
        return
    then, other, after = b.new_block(), b.new_block(), b.new_block()
    condition(b, test, then, other)
    b.start(then)
    body(b, yes)
    b.jump(after)
    b.start(other)
    body(b, no)
    b.jump(after)
    b.start(after)


def _while(b: Builder, test: ast.expr, inner: list[ast.stmt]) -> None:
    head, inside, after = b.new_block(), b.new_block(), b.new_block()
    b.jump(head)
    b.start(head)
    folded = fold(b, test)
    if folded is None:
        condition(b, test, inside, after)
    else:
        b.jump(inside if folded else after)
    b.start(inside)
    b.loops.append((head, after))
    body(b, inner)
    b.loops.pop()
    b.jump(head)
    b.start(after)


def _for(
    b: Builder, node: ast.For, name: ast.Name, counted: ast.expr, inner: list[ast.stmt]
) -> None:
    match counted:
        case ast.Call(func=ast.Name(id="range"), args=[_, *_] as given) if len(given) <= 3:
            pass
        case _:
            b.error("SD102", counted, "this loop", "write `for i in range(n):`")
    bounds = [expression(b, argument) for argument in given]
    first = bounds[0] if len(bounds) > 1 else Val(0, IntType(0, 0))
    last = bounds[1] if len(bounds) > 1 else bounds[0]
    step = 1
    if len(given) == 3:
        found = evaluate(b.world, b.module, given[2])
        if not isinstance(found, int) or found < 1:
            b.error("SD111", given[2])
        step = found
    if not isinstance(first.kind, IntType) or not isinstance(last.kind, IntType):
        wrong = last.kind if isinstance(first.kind, IntType) else first.kind
        b.error("SD104", node.iter, "range()", "integers", wrong)
    kind = IntType(min(first.kind.low, last.kind.high), max(first.kind.low, last.kind.high + step))
    counter = b.variables.get(name.id)
    if counter is None or counter in b.counters:
        counter = b.variables[name.id] = Reg(name.id, kind)
        b.counters.add(counter)
    end = b.temp(last.kind)
    b.emit(Compute(end, "copy", last.operand))
    start = b.convert(first, counter.kind, given[0], f"{name.id!r}")
    b.emit(Compute(counter, "copy", start))
    _count(b, name, counter, end, step, inner)


def _count(
    b: Builder, name: ast.Name, counter: Reg, end: Operand, step: int, inner: list[ast.stmt]
) -> None:
    head, inside, again, after = (b.new_block() for _ in range(4))
    b.jump(head)
    b.start(head)
    b.branch(b.compute("lt", counter, end, BOOL), inside, after)
    b.start(inside)
    b.loops.append((again, after))
    b.running.append(name.id)
    body(b, inner)
    b.running.pop()
    b.loops.pop()
    b.jump(again)
    b.start(again)
    following = b.compute("add", counter, step)
    value = Val(following, INT if counter not in b.counters else counter.kind)
    b.emit(Compute(counter, "copy", b.convert(value, counter.kind, name, f"{name.id!r}")))
    b.jump(head)
    b.start(after)


def _leave_loop(b: Builder, node: ast.stmt) -> None:
    if not b.loops:
        b.error("SD102", node, "`break` or `continue` here", "use it inside a loop")
    again, after = b.loops[-1]
    b.jump(after if isinstance(node, ast.Break) else again)


def _return(b: Builder, node: ast.Return, value: ast.expr | None) -> None:
    result = b.code.result
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        if result != NONE and value is None:
            b.error("SD104", node, "return", result, "None")
        b.leave(0 if result != NONE else None)
        return
    found = expression(b, value)
    if result is None or result == NONE:
        if found.kind != NONE:
            b.error("SD104", value, "return", "None", found.kind)
        b.leave(None)
        return
    operand = b.convert(found, result, value, "return")
    if operand in b.holds_local:
        b.error("SD110", value, ast.unparse(value))
    b.leave(operand)


def _atomic(b: Builder, node: ast.With, inner: list[ast.stmt]) -> None:
    if b.atomic:
        body(b, inner)
        return
    shares_cpu = b.world.settings["MULTITASK"] and b.code.declaration.role != "hardware_task"
    gives_up_cpu = b.is_rest and shares_cpu
    if gives_up_cpu:
        hook(b, node, "task_sleep")
    match inner[0]:
        case ast.Assign(
            targets=[ast.Name() as target], value=ast.Call(func=ast.Name(id="choose")) as call
        ):
            value = choose(b, call, in_block=True)
            b.atomic = True
            set_variable(b, target, value, call)
            inner = inner[1:]
        case ast.Expr(value=ast.Call(func=ast.Name(id="sleep_until")) as call) if shares_cpu:
            sleep_until(b, call)
            b.atomic = True
            inner = inner[1:]
        case _:
            b.schedule(node)
            b.atomic = True
    body(b, inner)
    b.atomic = False


def _match(b: Builder, subject: ast.expr, cases: list[ast.match_case]) -> None:
    value = expression(b, subject)
    kept = b.temp(value.kind)
    b.emit(Compute(kept, "copy", value.operand))
    after = b.new_block()
    for case in cases:
        inside, following = b.new_block(), b.new_block()
        _pattern(b, kept, case.pattern, inside, following)
        if case.guard is not None:
            b.error("SD102", case.guard, "a guard in `case`", "use `if` inside the case")
        b.start(inside)
        body(b, case.body)
        b.jump(after)
        b.start(following)
    b.jump(after)
    b.start(after)


def _pattern(b: Builder, value: Reg, pattern: ast.pattern, yes: object, no: object) -> None:
    from shootdown.compiler.mir import Block

    assert isinstance(yes, Block)
    assert isinstance(no, Block)
    match pattern:
        case ast.MatchAs(pattern=None, name=None):
            b.jump(yes)
        case ast.MatchValue(value=wanted):
            number = expression(b, wanted)
            b.branch(b.compute("eq", value, number.operand, BOOL), yes, no)
        case ast.MatchOr(patterns=parts):
            for part in parts:
                following = b.new_block()
                _pattern(b, value, part, yes, following)
                b.start(following)
            b.jump(no)
        case _:
            b.error("SD102", pattern, "this pattern", "match constants, `a | b` or `_`")
