# SPDX-License-Identifier: MIT
"""Types of the model language, as a type checker sees them.

To a type checker a `Ref[T]` is a `T` and a bounded integer is an `int`; the compiler reads the
ranges from the annotations and gives every stored value exactly the bits that it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar

__all__ = [
    "NR_TASKS",
    "NULL",
    "OWN_CPU",
    "OWN_TASK",
    "Array",
    "Bool",
    "Ptr",
    "Ref",
    "array",
    "bits",
    "guarded_by",
    "span",
    "u8",
    "u16",
    "u32",
    "u64",
    "upto",
]

T = TypeVar("T")

NULL: Final[Any] = None
"""The reference or pointer to nothing."""

OWN_TASK: Final = "this_task"
"""Guard of a record that only the task of the same number may touch."""

OWN_CPU: Final = "this_cpu"
"""Guard of a per-CPU record: only its CPU, with nothing of that CPU in between."""

NR_TASKS: Final[int] = 0
"""The number of tasks of the scenario; the compiler knows it."""

Bool = bool
Ref = Annotated[T, "ref"]
"""A nullable reference to a record of a pool."""


@dataclass(frozen=True, slots=True)
class Range:
    """The set of values that an integer may take, `low` to `high`."""

    low: int
    high: int


def upto(high: int) -> Range:
    """Describe the integers 0 to `high`, both included."""
    return Range(0, high)


def span(low: int, high: int) -> Range:
    """Describe the integers `low` to `high`, both included."""
    return Range(low, high)


def bits(count: int) -> Range:
    """Describe a mask of `count` bits."""
    return Range(0, 2**count - 1)


u8 = Annotated[int, Range(0, 2**8 - 1)]
u16 = Annotated[int, Range(0, 2**16 - 1)]
u32 = Annotated[int, Range(0, 2**32 - 1)]
u64 = Annotated[int, Range(0, 2**63 - 1)]
"""An unsigned number. The language computes in 64-bit signed integers: the top bit is out."""


class Ptr(Generic[T]):
    """A nullable position in the flat pool of a value type, as C's `pte_t *`."""

    def __getitem__(self, offset: int) -> T:
        raise TypeError("model code is compiled, not run")

    def __setitem__(self, offset: int, value: T) -> None:
        raise TypeError("model code is compiled, not run")

    def __add__(self, offset: int) -> Ptr[T]:
        raise TypeError("model code is compiled, not run")

    def __sub__(self, offset: int) -> Ptr[T]:
        raise TypeError("model code is compiled, not run")


class Array(Generic[T]):
    """A field of several equal parts; its length is given by `array(length)`."""

    def __getitem__(self, position: int) -> T:
        raise TypeError("model code is compiled, not run")

    def __setitem__(self, position: int, value: T) -> None:
        raise TypeError("model code is compiled, not run")


def array(length: int, *, guarded_by: str = "") -> Any:
    """Give an `Array` field its length, and the lock that guards its parts, if any."""
    return None


def guarded_by(lock: str) -> Any:
    """Declare that a field is only touched with `lock` held.

    `lock` is the path from the record to the lock (`"page_table_lock"`, `"vm_mm.mmap_lock"`), or
    `OWN_TASK` or `OWN_CPU`.
    """
    return None
