# SPDX-License-Identifier: MIT
"""Decorators that say what a piece of model code is. They return what they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform, overload

from shootdown.lang.declarations import Feature

__all__ = [
    "event",
    "final",
    "gate",
    "hardware_task",
    "hw",
    "kernel",
    "on",
    "quiescent",
    "setup",
    "struct",
    "task",
    "value",
]

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)


def _same(item: F) -> F:
    return item


@overload
def struct(cls: C, /) -> C: ...
@overload
def struct(*, count: int = 0, alloc: bool = False) -> Callable[[C], C]: ...
def struct(cls: Any = None, /, *, count: int = 0, alloc: bool = False) -> Any:
    """Declare a record type: a pool of `count`, or embedded and local records only."""
    return cls if cls is not None else lambda c: c


@overload
@dataclass_transform(kw_only_default=True, frozen_default=True)
def value(cls: C, /) -> C: ...
@overload
@dataclass_transform(kw_only_default=True, frozen_default=True)
def value(*, count: int = 0) -> Callable[[C], C]: ...
def value(cls: Any = None, /, *, count: int = 0) -> Any:
    """Declare a bundle of small numbers passed by value; with `count`, also a flat pool of them."""
    return cls if cls is not None else lambda c: c


@overload
def kernel(function: F, /) -> F: ...
@overload
def kernel(*, before: Feature) -> Callable[[F], F]: ...
def kernel(function: Any = None, /, *, before: Feature | None = None) -> Any:
    """Mark a kernel function, or its older variant that `before` replaced."""
    return function if function is not None else _same


def hw(function: F) -> F:
    """Mark a function of the machine."""
    return function


@overload
def event(function: F, /) -> F: ...
@overload
def event(*, hook: str) -> Callable[[F], F]: ...
def event(function: Any = None, /, *, hook: str = "") -> Any:
    """Mark an event: calling it runs every monitor that listens, in the same step."""
    return function if function is not None else _same


def on(event: Callable[..., None]) -> Callable[[F], F]:
    """Run the monitor at each `event`."""
    return _same


def final(function: F) -> F:
    """Run the monitor in every quiescent state."""
    return function


def quiescent(function: F) -> F:
    """Mark a condition that a quiescent state must fulfil besides its tasks being at rest."""
    return function


def gate(function: F) -> F:
    """Mark the condition under which a task may take its next step at all."""
    return function


def hardware_task(*, on: str, kind: str) -> Callable[[F], F]:
    """Give CPUs a task of the machine: each (`on="all"`), or those with user code (`on="user"`)."""
    return _same


def setup(*, cpu: int) -> Callable[[F], F]:
    """Run the function to completion on `cpu` before the exploration starts."""
    return _same


def task(*, cpu: int, kind: str = "kernel") -> Callable[[F], F]:
    """Run the function as a task of the scenario, kind `kernel` or `user`."""
    return _same
