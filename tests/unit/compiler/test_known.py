# SPDX-License-Identifier: MIT
"""NULL is looked for as often as it can be there, and once where it cannot be any more."""

from __future__ import annotations

import pytest

from shootdown.compiler.mir import Check
from tests.exploring import require_agreement
from tests.programs import WORDS, compile_text

REST = """
NAME = "known"

@struct(count=2)
class page:
    count: Annotated[int, upto(3)]
    next: Ref[page]

@task(cpu=1)
def other() -> None:
    p = record(page, 0)
    p.next = record(page, 1)
    p.count = p.next.count
"""

ONCE = """
@task(cpu=0)
def main() -> None:
    p = record(page, 0).next
    {body}
"""

HARMLESS = [
    "p.count = 1\n    p.count = 2",
    "p.count = 1\n    if p.count == 1:\n        p.count = 2\n    p.count = 3",
    "p.count = 1\n    for i in range(2):\n        p.count = i",
]
"""After the first check, none of these can meet NULL."""

HARMFUL = [
    "if p is not NULL:\n        p = p.next\n        p.count = 2",
    "if p is not NULL:\n        p.count = 1\n        p = p.next\n    p.count = 2",
    "while p is not NULL:\n        p.count = 1\n        p = p.next\n        p.count = 2",
    "q = record(page, 0)\n    for i in range(2):\n        q.count = i\n        q = p",
    "q = p\n    if p is not NULL:\n        p.count = 1\n    q.count = 2",
    "if p is NULL:\n        p.count = 1",
]
"""In each of these a variable is NULL where it is used, on some way."""


@pytest.mark.parametrize("body", HARMLESS)
def test_null_is_looked_for_once(body: str) -> None:
    program = compile_text(ONCE.format(body=body) + REST + WORDS)
    [main] = [code for code in program.codes if code.name == "main" and code.locals == []][-1:]
    checks = [i for block in main.blocks for i in block.body if isinstance(i, Check)]
    assert [check.site.kind for check in checks] == ["null_reference"]
    require_agreement(program)


@pytest.mark.parametrize("body", HARMFUL)
def test_null_is_found(body: str) -> None:
    program = compile_text(ONCE.format(body=body) + REST + WORDS)
    found = require_agreement(program)
    assert {site.kind for site in found.violations} == {"null_reference"}
