# SPDX-License-Identifier: MIT
"""Values in words: a reference is called by its record, a table entry by what it translates."""

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

__all__ = ["Namer", "Tables"]

LEVEL_NAMES = ("", "pte", "pmd", "pud", "p4d", "pgd")


class Namer:
    """Gives the values of one program their text."""

    def __init__(self, program: Program) -> None:
        self.bases = program.machine.bases
        self.signatures = program.signatures
        self.tables = Tables(program, self)

    def text(self, kind: Type, value: int) -> str:
        """Return a value as text: `page 0`, `NULL`, `True`, `entry_t(present=True)`."""
        match kind:
            case RefType(struct=struct):
                return "NULL" if value == 0 else self.record(struct, value - 1)
            case PtrType(kind=cell):
                return "NULL" if value == 0 else self.tables.at_position(cell, value - 1)
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


class Tables:
    """Names page-table entries by what they translate: `pte 0`, `pmd 2 of mm_struct 1`.

    An entry whose table is no longer linked keeps the name that it had.
    """

    def __init__(self, program: Program, namer: Namer) -> None:
        self.machine = program.machine
        self.namer = namer
        fields = {str(item): item for item in program.initial.memory}
        self.level = fields.get("table.level")
        self.root = fields.get("processor.root")
        self.owner = fields.get("mm_struct.pgd")
        self.cells = next(
            (f for f in fields.values() if getattr(f.type, "kind", None) and f.name == "entry_t"),
            None,
        )
        self.places: dict[int, tuple[int, int]] = {}

    @property
    def slots(self) -> int:
        """The number of entries of a table."""
        assert self.cells is not None
        assert self.level is not None
        return len(self.machine.memory[self.cells]) // self.level.struct.count

    def at_position(self, kind: ValueKind, position: int) -> str:
        """Return the name of an entry by its position among all of its kind."""
        if self.cells is None or self.level is None or self.cells.type != ValueType(kind):
            return f"{kind.name} {position}"
        return self.in_table(*divmod(position, self.slots))

    def in_table(self, number: int, slot: int) -> str:
        """Return the name of an entry by its table and its position there."""
        self.look()
        assert self.level is not None
        level = self.machine.memory[self.level][number]
        if number not in self.places or not 0 < level < len(LEVEL_NAMES):
            return f"entry {slot} of table {number}"
        root, first = self.places[number]
        vpn = first + slot * self.slots ** (level - 1)
        return f"{LEVEL_NAMES[level]} {vpn}{self._of(root)}"

    def of_page(self, cpu: int, vpn: int) -> str:
        """Return the name of the lowest entry that translates a page on a CPU, or nothing."""
        if self.root is None or self.root not in self.machine.memory:
            return ""
        reference = self.machine.memory[self.root][cpu]
        return f"pte {vpn}{self._of(reference - 1)}" if reference else ""

    def look(self) -> None:
        """Learn which tables translate what, from the roots down."""
        if self.cells is None or self.level is None:
            return
        levels = self.machine.memory[self.level]
        highest = getattr(self.level.type, "high", 1)
        self.places = {n: place for n, place in self.places.items() if levels[n]}
        found = {n: (n, 0) for n, level in enumerate(levels) if level == highest}
        for level in range(highest, 1, -1):
            for number in [n for n in found if levels[n] == level]:
                root, first = found[number]
                for slot in range(self.slots):
                    below = self._below(number * self.slots + slot)
                    if below is not None and levels[below] == level - 1:
                        found[below] = root, first + slot * self.slots ** (level - 1)
        self.places |= found

    def _below(self, position: int) -> int | None:
        """Return the table that an entry points at, if it is present."""
        assert self.cells is not None
        assert isinstance(self.cells.type, ValueType)
        value = self.machine.memory[self.cells][position]
        fields = self.cells.type.kind.fields
        present, number = (
            (value >> shift) & (2**width - 1)
            for _, shift, width in (fields["present"], fields["pfn"])
        )
        return number if present and self.level and number < self.level.struct.count else None

    def _of(self, root: int) -> str:
        """Name the address space of a root, if there are several."""
        if self.owner is None or self.owner.struct.count <= 1:
            return ""
        owners = self.machine.memory[self.owner]
        if root + 1 not in owners:
            return ""
        return f" of {self.namer.record(self.owner.struct, owners.index(root + 1))}"
