# SPDX-License-Identifier: MIT
"""What the compiler says about references, pools and guards, word for word.

Each text is a small user's file; what all of them need stands behind it, so that line numbers
count from the mistake's own text.
"""

from __future__ import annotations

from inline_snapshot import snapshot

from tests.unit.compiler.snippets import said


def test_local_record_returned() -> None:
    text = """
def f() -> Ref[gather]:
    tlb = local(gather)
    return tlb
"""
    assert said(text) == snapshot("""\
s.py:3:12: error[SD110]: the reference to the local record 'tlb' escapes
    3 |     return tlb
      |            ^^^
  help: pass it down, never keep it\
""")


def test_local_record_kept() -> None:
    text = """
@struct(count=1)
class keeper:
    kept: Ref[gather]

def f() -> None:
    tlb = local(gather)
    record(keeper, 0).kept = tlb
"""
    assert said(text) == snapshot("""\
s.py:7:30: error[SD110]: the reference to the local record 'tlb' escapes
    7 |     record(keeper, 0).kept = tlb
      |                              ^^^
  help: pass it down, never keep it\
""")


def test_record_without_a_pool() -> None:
    text = """
def f() -> None:
    x = record(gather, 0)
"""
    assert said(text) == snapshot("""\
s.py:2:16: error[SD122]: gather has no pool
    2 |     x = record(gather, 0)
      |                ^^^^^^
  help: give it one: `@struct(count=N)` or `@value(count=N)`\
""")


def test_pointer_without_a_pool() -> None:
    text = """
def f() -> None:
    x = pointer(pair_t, 0)
"""
    assert said(text) == snapshot("""\
s.py:2:17: error[SD122]: pair_t has no pool
    2 |     x = pointer(pair_t, 0)
      |                 ^^^^^^
  help: give it one: `@struct(count=N)` or `@value(count=N)`\
""")


def test_record_of_a_value() -> None:
    text = """
def f() -> None:
    x = record(pte_t, 0)
"""
    assert said(text) == snapshot("""\
s.py:2:16: error[SD104]: wrong type: record() wants a @struct, got pte_t
    2 |     x = record(pte_t, 0)
      |                ^^^^^
  help: convert the value or change the declaration\
""")


def test_new_without_alloc() -> None:
    text = """
def f() -> None:
    p = new(page)
"""
    assert said(text) == snapshot("""\
s.py:2:13: error[SD123]: page is not declared with alloc=True
    2 |     p = new(page)
      |             ^^^^
  help: write `@struct(count=N, alloc=True)`\
""")


def test_delete_without_alloc() -> None:
    text = """
def f(p: Ref[page]) -> None:
    delete(p)
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD123]: Ref[page] is not declared with alloc=True
    2 |     delete(p)
      |            ^
  help: write `@struct(count=N, alloc=True)`\
""")


def test_local_of_a_value() -> None:
    text = """
def f() -> None:
    x = local(pte_t)
"""
    assert said(text) == snapshot("""\
s.py:2:15: error[SD104]: wrong type: local() wants a @struct, got pte_t
    2 |     x = local(pte_t)
      |               ^^^^^
  help: convert the value or change the declaration\
""")


def test_index_of_neither() -> None:
    text = """
def f(n: small) -> None:
    x = index(n)
"""
    assert said(text) == snapshot("""\
s.py:2:15: error[SD104]: wrong type: index() wants a Ref or a Ptr, got 0..3
    2 |     x = index(n)
      |               ^
  help: convert the value or change the declaration\
""")


def test_replace_of_a_number() -> None:
    text = """
def f(n: small) -> None:
    x = replace(n, a=1)
"""
    assert said(text) == snapshot("""\
s.py:2:17: error[SD104]: wrong type: replace() wants a @value, got 0..3
    2 |     x = replace(n, a=1)
      |                 ^
  help: convert the value or change the declaration\
""")


def test_guard_that_does_not_exist() -> None:
    text = """
@struct(count=1)
class mm:
    total: small = guarded_by("lokc")

def f() -> small:
    return record(mm, 0).total
"""
    assert said(text) == snapshot("""\
s.py:6:12: error[SD120]: no lock 'lokc' on the way to the guard of mm.total
    6 |     return record(mm, 0).total
      |            ^^^^^^^^^^^^^^^^^^^
  help: name fields from the record on\
""")


def test_guard_that_is_no_lock() -> None:
    text = """
@struct
class counter:
    n: small

@struct(count=1)
class mm:
    inner: counter
    total: small = guarded_by("inner")

def f() -> small:
    return record(mm, 0).total
"""
    assert said(text) == snapshot("""\
s.py:11:12: error[SD121]: the guard 'inner' is not a lock
   11 |     return record(mm, 0).total
      |            ^^^^^^^^^^^^^^^^^^^
  help: a lock is a struct with a field `owner`\
""")


def test_guard_through_a_number() -> None:
    text = """
@struct(count=1)
class mm:
    n: small
    total: small = guarded_by("n.lock")

def f() -> small:
    return record(mm, 0).total
"""
    assert said(text) == snapshot("""\
s.py:7:12: error[SD120]: no lock 'n.lock' on the way to the guard of mm.total
    7 |     return record(mm, 0).total
      |            ^^^^^^^^^^^^^^^^^^^
  help: name fields from the record on\
""")
