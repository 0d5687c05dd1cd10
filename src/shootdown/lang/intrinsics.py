# SPDX-License-Identifier: MIT
"""Operations that the compiler itself knows."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, NoReturn, TypeVar

__all__ = [
    "atomic",
    "check",
    "choose",
    "cost",
    "delete",
    "index",
    "local",
    "new",
    "pointer",
    "record",
    "replace",
    "rest",
    "sleep_until",
    "this_cpu",
    "this_task",
    "violation",
    "wait_until",
]

T = TypeVar("T")


def _compiled() -> NoReturn:
    raise TypeError("model code is compiled, not run")


def atomic() -> AbstractContextManager[None]:
    """Make all that the block does one step."""
    _compiled()


def wait_until(condition: bool) -> None:
    """Let the current step happen only if `condition` holds."""
    _compiled()


def sleep_until(condition: bool) -> None:
    """Wait as `wait_until` does, and let other tasks of the CPU run meanwhile."""
    _compiled()


def choose(alternatives: int) -> int:
    """Return each of 0 to `alternatives` - 1: the explorer tries them all."""
    _compiled()


def rest() -> None:
    """Mark a place where a looping task may stay for ever."""
    _compiled()


def this_cpu() -> int:
    """Return the number of the CPU that the task runs on."""
    _compiled()


def this_task() -> int:
    """Return the number of the running task."""
    _compiled()


def violation(name: str) -> None:
    """Report that the invariant `name` is broken."""
    _compiled()


def check(condition: bool, name: str) -> None:
    """Report that the invariant `name` is broken unless `condition` holds."""
    _compiled()


def record(kind: type[T], position: int) -> T:
    """Return a reference to the record at `position` of the pool of `kind`."""
    _compiled()


def pointer(kind: type[T], position: int) -> Any:
    """Return the `Ptr` to `position` of the flat pool of the value type `kind`."""
    _compiled()


def index(reference: object) -> int:
    """Return the position in its pool of what a `Ref` or `Ptr` refers to."""
    _compiled()


def local(kind: type[T]) -> T:
    """Return a reference to a zeroed record that lives until the function returns."""
    _compiled()


def new(kind: type[T]) -> T:
    """Take an unused record of a pool declared with `alloc=True`."""
    _compiled()


def delete(reference: object) -> None:
    """Give a record taken by `new` back to its pool."""
    _compiled()


def replace(original: T, **changes: Any) -> T:
    """Return a copy of a value with some of its fields changed."""
    _compiled()


def cost(item: str) -> None:
    """Charge the CPU's clock; nothing when checking."""
    _compiled()
