# SPDX-License-Identifier: MIT
"""Types of the language after checking. A value of any of them is one 64-bit integer."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "BOOL",
    "INT",
    "NONE",
    "NULLTYPE",
    "ArrayType",
    "Field",
    "IntType",
    "NoneType",
    "NullType",
    "PositionType",
    "PtrType",
    "RefType",
    "Struct",
    "StructType",
    "Type",
    "ValueKind",
    "ValueType",
    "storage",
]

LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class IntType:
    """An integer from `low` to `high`; `name` is Bool, an enum's name or empty."""

    low: int
    high: int
    name: str = ""
    members: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        if self.name:
            return self.name
        return "int" if self.high >= LIMIT else f"{self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class NoneType:
    """What a function without a result returns."""

    def __str__(self) -> str:
        return "None"


@dataclass(frozen=True, slots=True)
class NullType:
    """The type of NULL, which fits every reference and pointer."""

    def __str__(self) -> str:
        return "NULL"


@dataclass(eq=False, slots=True)
class Field:
    """A field of a record: `length` parts of type `type`, touched under the lock `guard`.

    Of a whole program it is known whether the state stores the field, whether other tasks can see
    accesses to it, and its values if no task changes them after the setup.
    """

    struct: Struct
    name: str
    type: Type
    length: int = 0
    guard: str = ""
    # Filled by the analysis of a whole program:
    stored: bool = False
    constant: tuple[int, ...] | None = None
    visible: bool = True

    def __str__(self) -> str:
        return f"{self.struct.name}.{self.name}"


@dataclass(eq=False, slots=True)
class Struct:
    """A record type. `total` counts its instances: pool, then embedded, then local ones."""

    name: str
    count: int = 0
    alloc: bool = False
    fields: dict[str, Field] = field(default_factory=dict)
    total: int = 0
    is_local: bool = False


@dataclass(eq=False, slots=True)
class ValueKind:
    """A value type: fields as (type, shift, width) in one integer; `cells` is its flat pool."""

    name: str
    count: int = 0
    width: int = 0
    fields: dict[str, tuple[IntType, int, int]] = field(default_factory=dict)
    cells: Field | None = None


@dataclass(frozen=True, slots=True)
class StructType:
    """An embedded record."""

    struct: Struct

    def __str__(self) -> str:
        return self.struct.name


@dataclass(frozen=True, slots=True)
class RefType:
    """A nullable reference: 0 is NULL, otherwise the record's number + 1."""

    struct: Struct

    def __str__(self) -> str:
        return f"Ref[{self.struct.name}]"


@dataclass(frozen=True, slots=True)
class PtrType:
    """A nullable pointer: 0 is NULL, otherwise the position + 1."""

    kind: ValueKind

    def __str__(self) -> str:
        return f"Ptr[{self.kind.name}]"


@dataclass(frozen=True, slots=True)
class ValueType:
    """A bundle of small numbers passed by value."""

    kind: ValueKind

    def __str__(self) -> str:
        return self.kind.name


@dataclass(frozen=True, slots=True)
class ArrayType:
    """A field's several equal parts; only ever subscripted."""

    element: Type

    def __str__(self) -> str:
        return f"Array[{self.element}]"


@dataclass(frozen=True, slots=True)
class PositionType:
    """A place among all instances of a record type, each with `length` parts."""

    struct: Struct
    length: int = 1

    def __str__(self) -> str:
        return f"position in {self.struct.name}"


Type = (
    IntType
    | NoneType
    | NullType
    | RefType
    | PtrType
    | ValueType
    | StructType
    | ArrayType
    | PositionType
)

INT = IntType(-LIMIT, LIMIT)
BOOL = IntType(0, 1, "Bool")
NONE = NoneType()
NULLTYPE = NullType()


def storage(kind: Type) -> tuple[int, int]:
    """Return (lowest value, number of bits) with which a value of the type is stored."""
    match kind:
        case IntType(low=low, high=high):
            return low, min(64, (high - low).bit_length())
        case RefType(struct=struct):
            return 0, struct.total.bit_length()
        case PtrType(kind=value):
            return 0, (value.count + 1).bit_length()
        case PositionType(struct=struct, length=length):
            return 0, max(0, struct.total * length - 1).bit_length()
        case ValueType(kind=value):
            return 0, value.width
    raise AssertionError(f"{kind} is not stored")
