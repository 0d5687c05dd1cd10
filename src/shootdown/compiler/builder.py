# SPDX-License-Identifier: MIT
"""Building the code of one function: the current block, its variables, its failures."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from shootdown.compiler.interp import FOLDED, OPERATIONS, wrap
from shootdown.compiler.mir import (
    Block,
    Branch,
    Check,
    Code,
    Compute,
    Embed,
    Instruction,
    Jump,
    Load,
    LocalRecord,
    Operand,
    Reg,
    Return,
    Sched,
    Site,
    Store,
    TaskNumber,
    Terminator,
    Wait,
)
from shootdown.compiler.source import Module
from shootdown.compiler.types import (
    BOOL,
    INT,
    Field,
    IntType,
    NullType,
    PositionType,
    PtrType,
    RefType,
    Struct,
    StructType,
    Type,
)

if TYPE_CHECKING:
    from shootdown.compiler.lower import Lowering

__all__ = ["Builder", "Skip", "Val"]


class Skip(Exception):
    """The statement has an error that was reported; go on with the next."""


class Val(NamedTuple):
    """A value while compiling; `declared`: its range was declared, not computed."""

    operand: Operand
    kind: Type
    declared: bool = False


class Builder:
    """Appends instructions to one function. `block` is None behind a return or a jump."""

    def __init__(self, lowering: Lowering, code: Code, *, monitor: bool) -> None:
        self.lowering = lowering
        self.world = lowering.world
        self.code = code
        self.module: Module = code.declaration.module
        self.atomic = code.atomic
        self.monitor = monitor
        self.block: Block | None = None
        self.variables: dict[str, Reg] = {}
        self.poisoned: set[str] = set()
        self.writes: dict[str, int] = {}
        self.used: dict[Reg, ast.expr] = {}
        self.holds_local: set[Reg] = set()
        self.loops: list[tuple[Block, Block]] = []
        self.counters: set[Reg] = set()
        self.running: list[str] = []
        self.is_rest = False
        self.temporaries = 0
        self.start(self.new_block())

    # Blocks

    def new_block(self) -> Block:
        """Return a new, empty block of the function."""
        block = Block(len(self.code.blocks))
        self.code.blocks.append(block)
        return block

    def start(self, block: Block) -> None:
        """Go on at the beginning of `block`."""
        self.block = block

    def finish(self, end: Terminator) -> None:
        """End the current block."""
        if self.block is not None:
            self.block.end = end
        self.block = None

    def emit(self, instruction: Instruction) -> None:
        """Append an instruction; what cannot be reached is left out."""
        if self.block is not None:
            self.block.body.append(instruction)

    def jump(self, target: Block) -> None:
        """End the current block with a jump."""
        self.finish(Jump(target))

    def branch(self, condition: Operand, yes: Block, no: Block) -> None:
        """End the current block with a two-way branch, decided now if it can be."""
        if isinstance(condition, int):
            self.finish(Jump(yes if condition else no))
        else:
            self.finish(Branch(condition, yes, no))

    def leave(self, value: Operand | None) -> None:
        """End the current block with a return."""
        self.finish(Return(value))

    # Errors

    def error(self, code: str, node: ast.AST, *arguments: object) -> NoReturn:
        """Report an error in the user's source and give the statement up."""
        self.world.diagnostics.add(code, self.module.span(node), *arguments)
        raise Skip

    def site(self, kind: str, node: ast.AST, message: str) -> Site:
        """Return a place where a run may fail."""
        return Site(kind, self.module.span(node), self.code.name, message)

    def check(self, condition: Operand, kind: str, node: ast.AST, message: str) -> None:
        """Fail at run time unless `condition`."""
        if isinstance(condition, int) and condition:
            return
        self.emit(Check(condition, self.site(kind, node, message)))

    # Values

    def temp(self, kind: Type) -> Reg:
        """Return a new intermediate register."""
        self.temporaries += 1
        return Reg(f"t{self.temporaries}", kind, is_temporary=True)

    def compute(self, op: str, left: Operand, right: Operand, kind: Type = INT) -> Operand:
        """Emit an operation on two operands and return its result; that of numbers is one."""
        if isinstance(left, int) and isinstance(right, int) and op in FOLDED:
            return wrap(OPERATIONS[op](left, right))
        if op in ("add", "sub") and isinstance(right, int) and right == 0:
            return left
        if op == "mul" and isinstance(right, int) and right == 1:
            return left
        target = self.temp(kind)
        self.emit(Compute(target, op, left, right))
        return target

    def schedule(self, node: ast.AST, alternatives: int = 1, *, opens: bool = False) -> None:
        """Emit a scheduling point, unless inside a step."""
        if not self.atomic:
            span = self.module.span(node)
            self.emit(Sched(span, alternatives, is_rest=self.is_rest, opens=opens))
            self.is_rest = False

    def wait(self, condition: Operand) -> None:
        """Make the current step impossible unless `condition`."""
        self.emit(Wait(condition))

    def task_number(self, of: str) -> Reg:
        """Return the number of the running task (`task`) or of its CPU (`cpu`)."""
        settings = self.world.settings
        count = int(settings["NR_TASKS"]) if of == "task" else int(settings["NR_CPUS_USED"])
        target = self.temp(IntType(0, max(0, count - 1)))
        self.emit(TaskNumber(target, of))
        return target

    def convert(self, value: Val, kind: Type, node: ast.expr, what: str) -> Operand:
        """Return the operand with which `value` is stored as `kind`; checks type and range."""
        match kind, value.kind:
            case IntType(), IntType() as given:
                return self._convert_int(value.operand, given, kind, node, what)
            case ((RefType() | PtrType()), NullType()):
                return 0
            case _, given if given == kind:
                return value.operand
        self.error("SD104", node, what, kind, value.kind)

    def _convert_int(
        self, operand: Operand, given: IntType, kind: IntType, node: ast.expr, what: str
    ) -> Operand:
        if kind.members and given.name != kind.name and not isinstance(operand, int):
            self.error("SD104", node, what, kind, given)
        if kind.low <= given.low and given.high <= kind.high:
            return operand
        if kind == BOOL and not isinstance(operand, int):
            self.error("SD104", node, what, kind, given)
        if isinstance(operand, int):
            self.error("SD124", node, operand, kind)
        inside = self.temp(BOOL)
        self.emit(Compute(inside, "ge", operand, kind.low))
        if given.high > kind.high:
            below = self.compute("le", operand, kind.high, BOOL)
            inside_too = self.compute("and", inside, below, BOOL)
            self.check(inside_too, "range", node, f"{what} must be in {kind.low}..{kind.high}")
        else:
            self.check(inside, "range", node, f"{what} must be in {kind.low}..{kind.high}")
        return operand

    # Memory

    def load(
        self,
        field: Field,
        position: Operand,
        node: ast.AST,
        *,
        quiet: bool = False,
        of_guard: bool = False,
    ) -> Reg:
        """Emit a read of shared memory.

        With `quiet` it belongs to the current step; with `of_guard` that is all it is for.
        """
        target = self.temp(field.type)
        span = self.module.span(node)
        in_step = self.atomic or quiet or of_guard
        self.emit(Load(target, field, position, span, in_step, of_guard))
        return target

    def store(
        self,
        field: Field,
        position: Operand,
        source: Operand,
        node: ast.AST,
        *,
        quiet: bool = False,
    ) -> None:
        """Emit a write of shared memory."""
        span = self.module.span(node)
        self.emit(Store(field, position, source, span, atomic=self.atomic or quiet))

    def embed(self, field: Field, position: Operand) -> Val:
        """Return a reference to an embedded record."""
        assert isinstance(field.type, StructType)
        kind = RefType(field.type.struct)
        target = self.temp(kind)
        self.emit(Embed(target, field, position))
        return Val(target, kind, declared=True)

    def zero(self, struct: Struct, reference: Operand, node: ast.AST) -> None:
        """Set every field of a record to zero, inside the current step."""
        number = self.compute("sub", reference, 1, PositionType(struct))
        for field in struct.fields.values():
            length = field.length or 1
            for part in range(length):
                scaled = self.compute("mul", number, length)
                position = self.compute("add", scaled, part)
                if isinstance(field.type, StructType):
                    self.zero(field.type.struct, self.embed(field, position).operand, node)
                else:
                    self.store(field, position, 0, node, quiet=True)

    def local_record(self, struct: Struct, slot: int | None = None) -> Reg:
        """Return a reference to the task's record for a `local(...)`: a new one, or `slot`."""
        if slot is None:
            slot = len(self.code.locals)
            self.code.locals.append(struct)
        target = self.temp(RefType(struct))
        self.emit(LocalRecord(target, struct, self.code, slot))
        return target
