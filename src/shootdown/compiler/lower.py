# SPDX-License-Identifier: MIT
"""From declarations to code: each function that can be reached, compiled once in each form."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shootdown.compiler.builder import Builder
from shootdown.compiler.known import leave_out_known_checks
from shootdown.compiler.liveness import live_at_entry
from shootdown.compiler.mir import Call, Code, Embed, Load, Reg, Return, Store
from shootdown.compiler.records import resolve_type
from shootdown.compiler.statements import body
from shootdown.compiler.types import INT, NONE, NoneType, RefType, Struct, StructType, Type
from shootdown.compiler.world import FunctionDeclaration, World

__all__ = ["Lowering", "Signature"]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and returns."""

    parameters: tuple[tuple[str, Type], ...]
    result: Type


class Lowering:
    """Compiles functions on demand; `finish` works until nothing is left."""

    def __init__(
        self,
        world: World,
        monitors: Mapping[str, Iterable[FunctionDeclaration]],
        hooks: Mapping[str, FunctionDeclaration],
    ) -> None:
        self.world = world
        self.hooks = hooks
        self.monitors = {event: tuple(found) for event, found in monitors.items()}
        self.codes: dict[tuple[int, bool, bool, bool], Code] = {}
        self.signatures: dict[int, Signature] = {}
        self.waiting: list[Code] = []

    def listeners(self, event: FunctionDeclaration) -> tuple[FunctionDeclaration, ...]:
        """Return the monitors that listen to an event."""
        return self.monitors.get(event.name, ())

    def signature(self, declaration: FunctionDeclaration) -> Signature:
        """Return the types of a function's parameters and result; errors are reported."""
        key = id(declaration)
        if key not in self.signatures:
            self.signatures[key] = self._signature(declaration)
        return self.signatures[key]

    def _signature(self, declaration: FunctionDeclaration) -> Signature:
        module, node = declaration.module, declaration.node
        diagnostics = self.world.diagnostics
        arguments = node.args
        extra = arguments.vararg or arguments.kwarg or next(iter(arguments.kwonlyargs), None)
        if extra is not None:
            advice = "name every parameter"
            diagnostics.add("SD102", module.span(extra), "`*args`, `**kwargs` or `*`", advice)
        for default in (*arguments.defaults, *(d for d in arguments.kw_defaults if d)):
            advice = "pass the value at each call"
            diagnostics.add("SD102", module.span(default), "a default argument", advice)
        parameters: list[tuple[str, Type]] = []
        for parameter in (*arguments.posonlyargs, *arguments.args):
            kind: Type | None = None
            if parameter.annotation is None:
                diagnostics.add("SD107", module.span(parameter), parameter.arg)
            else:
                kind = resolve_type(self.world, module, parameter.annotation)
            parameters.append((parameter.arg, kind or INT))
        result: Type | None = NONE
        if node.returns is None:
            diagnostics.add("SD108", module.span(node), declaration.name)
        else:
            result = resolve_type(self.world, module, node.returns)
        return Signature(tuple(parameters), result or NONE)

    def code(
        self,
        declaration: FunctionDeclaration,
        *,
        atomic: bool,
        monitor: bool = False,
        gate: bool = False,
    ) -> Code:
        """Return the code of a function; it is compiled by the next `finish`."""
        key = (id(declaration), atomic, monitor, gate)
        if key not in self.codes:
            code = Code(declaration.name, declaration, atomic, monitor=monitor, gate=gate)
            self.codes[key] = code
            self.waiting.append(code)
        return self.codes[key]

    def finish(self) -> None:
        """Compile all that is waiting, and all that it calls; then report every error."""
        while self.waiting:
            self._compile(self.waiting.pop())
        self._refuse_recursion()
        self._refuse_escapes()

    def _compile(self, code: Code) -> None:
        declaration = code.declaration
        signature = self.signature(declaration)
        b = Builder(self, code, monitor=code.monitor)
        code.result = signature.result
        for name, kind in signature.parameters:
            reg = Reg(name, kind)
            b.variables[name] = reg
            code.parameters.append(reg)
        b.writes = _count_writes(declaration.node)
        body(b, declaration.node.body)
        if b.block is not None:
            b.leave(None if isinstance(signature.result, NoneType) else 0)
        _zero_locals(b, declaration.node)
        _prune(code)
        leave_out_known_checks(code)
        self._check_result(b, code)

    def _check_result(self, b: Builder, code: Code) -> None:
        if not isinstance(code.result, NoneType) and falls_through(code.declaration.node.body):
            span = code.declaration.module.span(code.declaration.node)
            self.world.diagnostics.add("SD119", span, code.name)
        variables = b.used.keys() - set(code.parameters)
        for reg in variables & live_at_entry(code) if variables else ():
            span = code.declaration.module.span(b.used[reg])
            self.world.diagnostics.add("SD113", span, reg.name)

    def _refuse_escapes(self) -> None:
        """Report references to types of local records that are stored where others find them."""
        codes = self.codes.values()
        local = {struct for code in codes for struct in code.locals}
        shared = _shared(codes)
        for code in codes:
            for block in code.blocks:
                for store in block.body:
                    if not isinstance(store, Store) or store.field.struct not in shared:
                        continue
                    kind = store.field.type
                    if isinstance(kind, RefType) and kind.struct in local and store.source != 0:
                        self.world.diagnostics.add("SD110", store.span, kind.struct.name)

    def _refuse_recursion(self) -> None:
        done: set[Code] = set()
        for start in self.codes.values():
            self._visit(start, [], done)

    def _visit(self, code: Code, path: list[Code], done: set[Code]) -> None:
        if code in path:
            cycle = " -> ".join([c.name for c in path[path.index(code) :]] + [code.name])
            span = code.declaration.module.span(code.declaration.node)
            self.world.diagnostics.add("SD106", span, code.name, cycle)
            return
        if code in done:
            return
        path.append(code)
        for callee in callees(code):
            self._visit(callee, path, done)
        path.pop()
        done.add(code)


def _shared(codes: Iterable[Code]) -> set[Struct]:
    """Return the record types that have a pool, or are embedded in one that has."""
    found: set[Struct] = set()
    for code in codes:
        for block in code.blocks:
            for i in block.body:
                if isinstance(i, Load | Store | Embed) and i.field.struct.count:
                    _add_parts(i.field.struct, found)
    return found


def _add_parts(struct: Struct, found: set[Struct]) -> None:
    found.add(struct)
    for part in struct.fields.values():
        if isinstance(part.type, StructType) and part.type.struct not in found:
            _add_parts(part.type.struct, found)


def callees(code: Code) -> list[Code]:
    """Return the functions that a function calls, each once, in order."""
    found: dict[Code, None] = {}
    for block in code.blocks:
        for instruction in block.body:
            if isinstance(instruction, Call):
                found[instruction.callee] = None
    return list(found)


def _count_writes(node: ast.FunctionDef) -> dict[str, int]:
    counts: dict[str, int] = {}
    work: list[ast.stmt | ast.match_case] = [*node.body]
    while work:
        part = work.pop()
        match part:
            case ast.Assign(targets=[ast.Name(id=name)]):
                counts[name] = counts.get(name, 0) + 1
            case ast.AugAssign(target=ast.Name(id=name)):
                counts[name] = counts.get(name, 0) + 1
            case ast.AnnAssign(target=ast.Name(id=name)):
                counts[name] = counts.get(name, 0) + 1
        for block in ("body", "orelse", "cases"):
            work += getattr(part, block, ())
    return counts


def _zero_locals(b: Builder, node: ast.AST) -> None:
    """Before each return, set the function's local records to zero: dead state is zero."""
    for block in list(b.code.blocks):
        if not b.code.locals or not isinstance(block.end, Return):
            continue
        end = block.end
        b.start(block)
        for slot, struct in enumerate(b.code.locals):
            b.zero(struct, b.local_record(struct, slot), node)
        b.finish(end)


def _prune(code: Code) -> None:
    reached: dict[int, None] = {}
    stack = [code.entry]
    while stack:
        block = stack.pop()
        if block.number in reached:
            continue
        reached[block.number] = None
        stack.extend(block.successors)
    code.blocks = [block for block in code.blocks if block.number in reached]
    for number, block in enumerate(code.blocks):
        block.number = number


def falls_through(statements: list[ast.stmt]) -> bool:
    """Tell whether control may reach the end of the statements."""
    for node in statements:
        match node:
            case ast.Return():
                return False
            case ast.If(body=yes, orelse=no) if no:
                if not falls_through(yes) and not falls_through(no):
                    return False
            case ast.While(test=ast.Constant(value=True), body=inner):
                if not any(
                    isinstance(part, ast.Break) for stmt in inner for part in ast.walk(stmt)
                ):
                    return False
            case ast.Match(cases=cases):
                ends = [falls_through(case.body) for case in cases]
                if any(is_wildcard(case.pattern) for case in cases) and not any(ends):
                    return False
            case ast.With(body=inner):
                if not falls_through(inner):
                    return False
    return True


def is_wildcard(pattern: ast.pattern) -> bool:
    """Tell whether a pattern matches everything."""
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None
