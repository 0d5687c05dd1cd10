# SPDX-License-Identifier: MIT
"""What the compiler says about types, word for word.

Each text is a small user's file; what all of them need stands behind it, so that line numbers
count from the mistake's own text.
"""

from __future__ import annotations

from inline_snapshot import snapshot

from tests.unit.compiler.snippets import said


def test_wrong_type_assigned() -> None:
    text = """
def f(p: Ref[page]) -> None:
    p.count = p
"""
    assert said(text) == snapshot("""\
s.py:2:15: error[SD104]: wrong type: page.count wants 0..3, got Ref[page]
    2 |     p.count = p
      |               ^
  help: convert the value or change the declaration\
""")


def test_wrong_type_returned() -> None:
    text = """
def f(p: Ref[page]) -> small:
    return p
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD104]: wrong type: return wants 0..3, got Ref[page]
    2 |     return p
      |            ^
  help: convert the value or change the declaration\
""")


def test_wrong_type_of_argument() -> None:
    text = """
def f(p: Ref[page]) -> None:
    helper(p)
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD104]: wrong type: helper() argument 'count' wants 0..3, got Ref[page]
    2 |     helper(p)
      |            ^
  help: convert the value or change the declaration\
""")


def test_wrong_type_of_operand() -> None:
    text = """
def f(p: Ref[page]) -> small:
    return p + 1
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD104]: wrong type: an operator wants integers, got Ref[page]
    2 |     return p + 1
      |            ^^^^^
  help: convert the value or change the declaration\
""")


def test_wrong_type_of_operands_in_a_comparison() -> None:
    text = """
def f(p: Ref[page], n: small) -> Bool:
    return p == n
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD104]: wrong type: a comparison wants Ref[page], got 0..3
    2 |     return p == n
      |            ^^^^^^
  help: convert the value or change the declaration\
""")


def test_enums_do_not_mix_with_numbers() -> None:
    text = """
def f(p: Ref[page], n: small) -> None:
    p.colour = n
"""
    assert said(text) == snapshot("""\
s.py:2:16: error[SD104]: wrong type: page.colour wants colour, got 0..3
    2 |     p.colour = n
      |                ^
  help: convert the value or change the declaration\
""")


def test_number_for_a_bool() -> None:
    text = """
def f(p: Ref[page], n: small) -> None:
    p.dirty = n
"""
    assert said(text) == snapshot("""\
s.py:2:15: error[SD104]: wrong type: page.dirty wants Bool, got 0..3
    2 |     p.dirty = n
      |               ^
  help: convert the value or change the declaration\
""")


def test_constant_out_of_range() -> None:
    text = """
def f(p: Ref[page]) -> None:
    p.count = 7
"""
    assert said(text) == snapshot("""\
s.py:2:15: error[SD124]: the value 7 is outside 0..3
    2 |     p.count = 7
      |               ^
  help: use a value in that range\
""")


def test_field_of_a_number() -> None:
    text = """
def f(n: small) -> small:
    return n.count
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD104]: wrong type: `.count` wants a reference, got 0..3
    2 |     return n.count
      |            ^
  help: convert the value or change the declaration\
""")


def test_index_of_a_number() -> None:
    text = """
def f(n: small) -> small:
    return n[0]
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD104]: wrong type: `[...]` wants an array or a Ptr, got 0..3
    2 |     return n[0]
      |            ^
  help: convert the value or change the declaration\
""")


def test_index_that_is_no_number() -> None:
    text = """
def f(p: Ref[page]) -> small:
    return p.slots[p]
"""
    assert said(text) == snapshot("""\
s.py:2:20: error[SD104]: wrong type: index of page.slots wants an integer, got Ref[page]
    2 |     return p.slots[p]
      |                    ^
  help: convert the value or change the declaration\
""")


def test_array_without_an_index() -> None:
    text = """
def f(p: Ref[page]) -> small:
    return p.slots
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD104]: wrong type: an expression wants one element, got the array page.slots
    2 |     return p.slots
      |            ^^^^^^^
  help: convert the value or change the declaration\
""")


def test_whole_array_assigned() -> None:
    text = """
def f(p: Ref[page]) -> None:
    p.slots = 0
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD104]: wrong type: an assignment wants one element, got the array page.slots
    2 |     p.slots = 0
      |     ^^^^^^^
  help: convert the value or change the declaration\
""")


def test_embedded_record_assigned() -> None:
    text = """
def f(p: Ref[page]) -> None:
    p.lock = p.lock
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD104]: wrong type: an assignment wants a number or a reference, got spinlock_t
    2 |     p.lock = p.lock
      |     ^^^^^^
  help: convert the value or change the declaration\
""")


def test_value_as_a_condition() -> None:
    text = """
def f(pte: pte_t) -> None:
    if pte:
        nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:8: error[SD104]: wrong type: a condition wants a Bool, an integer or a reference, got pte_t
    2 |     if pte:
      |        ^^^
  help: convert the value or change the declaration\
""")


def test_branches_of_different_types() -> None:
    text = """
def f(p: Ref[page], n: small) -> None:
    x = p if n else n
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD104]: wrong type: a conditional wants Ref[page], got 0..3
    2 |     x = p if n else n
      |         ^^^^^^^^^^^^^
  help: convert the value or change the declaration\
""")


def test_value_returned_from_nothing() -> None:
    text = """
def f() -> None:
    return 1
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD104]: wrong type: return wants None, got 1..1
    2 |     return 1
      |            ^
  help: convert the value or change the declaration\
""")


def test_nothing_returned_for_a_value() -> None:
    text = """
def f() -> small:
    return
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD104]: wrong type: return wants 0..3, got None
    2 |     return
      |     ^^^^^^
  help: convert the value or change the declaration\
""")


def test_result_of_nothing() -> None:
    text = """
def f() -> None:
    x = nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD104]: wrong type: 'x' wants a value, got None
    2 |     x = nothing()
      |         ^^^^^^^^^
  help: convert the value or change the declaration\
""")


def test_range_over_references() -> None:
    text = """
def f(p: Ref[page]) -> None:
    for i in range(p):
        nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:14: error[SD104]: wrong type: range() wants integers, got Ref[page]
    2 |     for i in range(p):
      |              ^^^^^^^^
  help: convert the value or change the declaration\
""")


def test_pointer_moved_by_a_reference() -> None:
    text = """
def f(p: Ptr[pte_t], q: Ref[page]) -> None:
    r = p + q
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD104]: wrong type: a pointer step wants an integer, got Ref[page]
    2 |     r = p + q
      |         ^^^^^
  help: convert the value or change the declaration\
""")


def test_another_type_for_a_variable() -> None:
    text = """
def f(p: Ref[page]) -> None:
    x = p
    x = 1
"""
    assert said(text) == snapshot("""\
s.py:3:5: error[SD118]: 'x' already has the type Ref[page]
    3 |     x = 1
      |     ^
  help: use another variable, or the same type\
""")


def test_another_annotation_for_a_variable() -> None:
    text = """
def f(p: Ref[page]) -> None:
    x: small = 1
    x: Bool = True
"""
    assert said(text) == snapshot("""\
s.py:3:5: error[SD118]: 'x' already has the type 0..3
    3 |     x: Bool = True
      |     ^^^^^^^^^^^^^^
  help: use another variable, or the same type\
""")


def test_missing_annotation() -> None:
    text = """
def f(count) -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:7: error[SD107]: parameter 'count' has no annotation
    1 | def f(count) -> None:
      |       ^^^^^
  help: write `count: vaddr`, `count: Ref[page]`, ...\
""")


def test_missing_return_type() -> None:
    text = """
def f():
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD108]: f() does not say what it returns
    1 | def f():
      | ^^^^^^^^
  help: write `-> None`, `-> Bool`, ...\
""")


def test_unknown_range() -> None:
    text = """
def f() -> None:
    i = 0
    while i < 3:
        i += 1
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD109]: the range of 'i' is not known
    2 |     i = 0
      |     ^
  help: annotate its first assignment: `i: Annotated[int, upto(N)] = ...`\
""")


def test_unknown_reference() -> None:
    text = """
def f() -> None:
    p = NULL
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD125]: the type of 'p' is not known
    2 |     p = NULL
      |     ^
  help: write `p: Ref[T] = NULL`\
""")


def test_not_a_type() -> None:
    text = """
def f(p: helper, q: Ref[pte_t], r: Ptr[page]) -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:10: error[SD112]: unknown type
    1 | def f(p: helper, q: Ref[pte_t], r: Ptr[page]) -> None:
      |          ^^^^^^
  help: use u8, Bool, Ref[T], Ptr[T], Annotated[int, upto(N)], ...
s.py:1:21: error[SD112]: unknown type
    1 | def f(p: helper, q: Ref[pte_t], r: Ptr[page]) -> None:
      |                     ^^^^^^^^^^
  help: use u8, Bool, Ref[T], Ptr[T], Annotated[int, upto(N)], ...
s.py:1:36: error[SD112]: unknown type
    1 | def f(p: helper, q: Ref[pte_t], r: Ptr[page]) -> None:
      |                                    ^^^^^^^^^
  help: use u8, Bool, Ref[T], Ptr[T], Annotated[int, upto(N)], ...\
""")


def test_embedded_record_as_a_variable() -> None:
    text = """
def f() -> None:
    lock: spinlock_t
"""
    assert said(text) == snapshot("""\
s.py:2:11: error[SD112]: unknown type
    2 |     lock: spinlock_t
      |           ^^^^^^^^^^
  help: use u8, Bool, Ref[T], Ptr[T], Annotated[int, upto(N)], ...\
""")


def test_annotation_with_wrong_words() -> None:
    text = """
def f(n: Annotated[int, upto(1, 2)]) -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:25: error[SD112]: unknown type
    1 | def f(n: Annotated[int, upto(1, 2)]) -> None:
      |                         ^^^^^^^^^^
  help: use u8, Bool, Ref[T], Ptr[T], Annotated[int, upto(N)], ...\
""")
