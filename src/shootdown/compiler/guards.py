# SPDX-License-Identifier: MIT
"""Guards: the lock that a field's declaration names must be held at each access."""

from __future__ import annotations

import ast

from shootdown.compiler.builder import Builder
from shootdown.compiler.mir import Operand
from shootdown.compiler.types import BOOL, Field, PositionType, RefType, Struct, StructType

__all__ = ["check_guard"]


def check_guard(
    b: Builder, field: Field, record: Operand, node: ast.AST, *, is_write: bool
) -> None:
    """Emit the check that the running task holds the guard of `field` of `record`."""
    if not field.guard or b.code.gate or (b.monitor and not field.guard.startswith("<")):
        return
    number = b.compute("sub", record, 1, PositionType(field.struct))
    if field.guard in ("<task>", "<cpu>"):
        mine = b.task_number(field.guard.strip("<>"))
        own = b.compute("eq", number, mine, BOOL)
        b.check(own, "guarded_field", node, f"{field} belongs to another {field.guard[1:-1]}")
        return
    lock, lock_kind = _find_lock(b, field, record, node)
    position = b.compute("sub", lock, 1, PositionType(lock_kind))
    if "owner" not in lock_kind.fields:
        b.error("SD121", node, field.guard)
    owner = b.load(lock_kind.fields["owner"], position, node, of_guard=True)
    task = b.task_number("task")
    held: Operand = b.compute("eq", owner, b.compute("add", task, 1), BOOL)
    if "readers" in lock_kind.fields:
        readers = b.load(lock_kind.fields["readers"], position, node, of_guard=True)
        if is_write:
            held = b.compute("and", held, b.compute("eq", readers, 0, BOOL), BOOL)
        else:
            bit = b.compute("and", b.compute("shr", readers, task), 1, BOOL)
            shared = b.compute("and", bit, b.compute("eq", owner, 0, BOOL), BOOL)
            held = b.compute("or", held, shared, BOOL)
    verb = "written" if is_write else "read"
    b.check(held, "guarded_field", node, f"{field} is {verb} without {field.guard}")


def _find_lock(b: Builder, field: Field, record: Operand, node: ast.AST) -> tuple[Operand, Struct]:
    owner: Struct = field.struct
    for word in field.guard.split("."):
        step = owner.fields.get(word)
        if step is None:
            b.error("SD120", node, field.guard, field)
        position = b.compute("sub", record, 1, PositionType(owner))
        match step.type:
            case StructType(struct=struct):
                record, owner = b.embed(step, position).operand, struct
            case RefType(struct=struct):
                record, owner = b.load(step, position, node, of_guard=True), struct
                present = b.compute("ne", record, 0, BOOL)
                b.check(present, "null_reference", node, f"{step}, on the way to its lock, is NULL")
            case _:
                b.error("SD120", node, field.guard, field)
    return record, owner
