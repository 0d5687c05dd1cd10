# SPDX-License-Identifier: MIT
"""Values in words: a reference is called by its record, a table entry by what it says."""

from __future__ import annotations

from shootdown.compiler.program import Program
from shootdown.compiler.types import (
    Field,
    IntType,
    PtrType,
    RefType,
    Struct,
    Type,
    ValueKind,
    ValueType,
)

__all__ = ["Namer"]


class Namer:
    """Gives the values of one program their text."""

    def __init__(self, program: Program) -> None:
        self.bases = program.machine.bases
        self.signatures = program.signatures

    def text(self, kind: Type, value: int) -> str:
        """Return a value as text: `page 0`, `NULL`, `True`, `entry_t(present=True)`."""
        match kind:
            case RefType(struct=struct):
                return "NULL" if value == 0 else self.record(struct, value - 1)
            case PtrType(kind=cell):
                return "NULL" if value == 0 else f"{cell.name} {value - 1}"
            case ValueType(kind=cell):
                return self._bundle(cell, value)
            case IntType():
                return self._number(kind, value)
        return str(value)

    def _number(self, kind: IntType, value: int) -> str:
        if kind.name == "Bool":
            return str(bool(value))
        return next((name for name, number in kind.members if number == value), str(value))

    def _bundle(self, cell: ValueKind, value: int) -> str:
        parts = []
        for name, (kind, shift, width) in cell.fields.items():
            part = (value >> shift) & (2**width - 1)
            if part:
                parts.append(f"{name}={self._number(kind, part)}")
        return f"{cell.name}({', '.join(parts)})"

    def record(self, struct: Struct, number: int) -> str:
        """Return the name of a record by its instance number; an embedded one by its owner's."""
        if number < struct.count:
            return f"{struct.name} {number}" if struct.count > 1 else struct.name
        outer = self._owner(struct, number)
        if outer is None:
            return struct.name
        field, position = outer
        owner = self.record(field.struct, position // (field.length or 1))
        part = f"[{position % field.length}]" if field.length else ""
        return f"{owner}.{field.name}{part}"

    def _owner(self, struct: Struct, number: int) -> tuple[Field, int] | None:
        for field, base in self.bases.items():
            inner = getattr(field.type, "struct", None)
            position = number - base
            if inner is struct and 0 <= position < field.struct.total * (field.length or 1):
                return field, position
        return None
