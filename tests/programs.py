# SPDX-License-Identifier: MIT
"""Model code in tests: small texts compiled the way a user's scenario is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import dedent

import pytest

from shootdown.api import ROOTS
from shootdown.compiler.diagnostics import ModelError
from shootdown.compiler.program import Program, Request, Roots, build
from shootdown.compiler.source import Library

__all__ = ["BARE", "MODEL", "WORDS", "compile_text", "messages", "request_of"]

BARE = Roots("shootdown.nothing", "shootdown.nothing", "shootdown.nothing")
"""No kernel and no invariants: only what the text itself has."""

MODEL = ROOTS
"""The packaged model."""

WORDS = """
from enum import IntEnum
from typing import Annotated
from shootdown.lang import (
    NR_TASKS, NULL, OWN_CPU, OWN_TASK, Array, Bool, Ptr, Ref, absent, array, atomic, bits, bound,
    check, choose, cost, delete, event, feature, final, gate, guarded_by, has, holds, hw, index,
    kernel, local, new, on, option, pointer, quiescent, record, replace, rest, setup, since,
    sleep_until, span, struct, task, this_cpu, this_task, u8, u16, upto, value, violated,
    violation, wait_until,
)
"""
"""All words of the language. Put at the end of a text, they leave its line numbers alone."""


def request_of(
    text: str,
    *,
    patches: Mapping[str, str] | None = None,
    features: Sequence[str] = (),
    settings: Mapping[str, int | bool] | None = None,
    reduce: bool = True,
    roots: Roots = BARE,
) -> Request:
    """Return the request to build `text`, shown as `s.py`; patches are texts by file name."""
    library = Library()
    scenario = library.user_text("s.py", dedent(text).lstrip("\n"))
    changed = {name: dedent(patch).lstrip("\n") for name, patch in (patches or {}).items()}
    return Request(
        library=library,
        roots=roots,
        scenario=scenario,
        features=frozenset(features),
        settings=settings or {},
        patches=tuple(library.user_text(name, patch) for name, patch in changed.items()),
        reduce=reduce,
    )


def compile_text(
    text: str, *, patches: Mapping[str, str] | None = None, roots: Roots = BARE
) -> Program:
    """Build the program in `text`."""
    return build(request_of(text, patches=patches, roots=roots))


def messages(text: str, rest: str = "", *, patches: Mapping[str, str] | None = None) -> str:
    """Return what the compiler says about `text`, followed by `rest` and the language's words."""
    whole = dedent(text).lstrip("\n") + "\n" + rest + WORDS
    with pytest.raises(ModelError) as caught:
        compile_text(whole, patches=patches)
    return str(caught.value)
