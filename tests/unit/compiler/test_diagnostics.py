# SPDX-License-Identifier: MIT
"""What the compiler says about names, control flow and steps, word for word.

Each text is a small user's file; what all of them need stands behind it, so that line numbers
count from the mistake's own text.
"""

from __future__ import annotations

from inline_snapshot import snapshot

from tests.unit.compiler.snippets import said


def test_unknown_name() -> None:
    text = """
def f() -> None:
    x = ROMO
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD101]: unknown name 'ROMO' (did you mean 'ROOM'?)
    2 |     x = ROMO
      |         ^^^^
  help: define or import it before it is used\
""")


def test_unknown_name_of_a_variable_that_is_near() -> None:
    text = """
def f(counter: small) -> small:
    return conter
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD101]: unknown name 'conter' (did you mean 'counter'?)
    2 |     return conter
      |            ^^^^^^
  help: define or import it before it is used\
""")


def test_unknown_function() -> None:
    text = """
def f() -> None:
    helpr(1)
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD101]: unknown name 'helpr' (did you mean 'helper'?)
    2 |     helpr(1)
      |     ^^^^^
  help: define or import it before it is used\
""")


def test_unknown_type() -> None:
    text = """
def f(count: smal) -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:14: error[SD101]: unknown name 'smal' (did you mean 'small'?)
    1 | def f(count: smal) -> None:
      |              ^^^^
  help: define or import it before it is used\
""")


def test_unknown_field() -> None:
    text = """
def f(p: Ref[page]) -> None:
    p.cout = 1
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD103]: page has no field 'cout' (did you mean 'count'?)
    2 |     p.cout = 1
      |     ^^^^^^
  help: use a declared field\
""")


def test_unknown_field_of_a_value() -> None:
    text = """
def f(pte: pte_t) -> Bool:
    return pte.presnt
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD103]: pte_t has no field 'presnt' (did you mean 'present'?)
    2 |     return pte.presnt
      |            ^^^^^^^^^^
  help: use a declared field\
""")


def test_unknown_field_in_a_constructor() -> None:
    text = """
def f() -> pte_t:
    return pte_t(pnf=1)
"""
    assert said(text) == snapshot("""\
s.py:2:18: error[SD103]: pte_t has no field 'pnf' (did you mean 'pfn'?)
    2 |     return pte_t(pnf=1)
      |                  ^^^^^
  help: use a declared field\
""")


def test_unknown_member_of_an_enum() -> None:
    text = """
def f() -> colour:
    return colour.REDD
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD103]: colour has no field 'REDD' (did you mean 'RED'?)
    2 |     return colour.REDD
      |            ^^^^^^^^^^^
  help: use a declared field\
""")


def test_a_function_is_no_value() -> None:
    text = """
def f() -> None:
    x = helper
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD104]: wrong type: an expression wants a value, got the name 'helper'
    2 |     x = helper
      |         ^^^^^^
  help: convert the value or change the declaration\
""")


def test_not_callable() -> None:
    text = """
def f() -> None:
    ROOM(1)
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD114]: 'ROOM' is not callable here
    2 |     ROOM(1)
      |     ^^^^
  help: call functions, events and the language's operations\
""")


def test_a_task_is_not_called() -> None:
    text = """
def f() -> None:
    main()
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD114]: 'main' is not callable here
    2 |     main()
      |     ^^^^
  help: call functions, events and the language's operations\
""")


def test_a_name_that_the_language_lacks() -> None:
    text = """
from shootdown.lang import frobnicate

def f() -> None:
    frobnicate(1)
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD004]: shootdown.lang has no name 'frobnicate'
    1 | from shootdown.lang import frobnicate
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: import the name from the module that defines it\
""")


def test_no_such_module() -> None:
    text = """
from shootdown.linux.mm.memroy import zap_pte_range

def f() -> None:
    zap_pte_range()
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD003]: there is no module shootdown.linux.mm.memroy
    1 | from shootdown.linux.mm.memroy import zap_pte_range
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: see `shootdown list functions`\
""")


def test_no_such_name_in_a_module() -> None:
    text = """
from shootdown.hw.bounds import NR_CPU

def f() -> None:
    x = NR_CPU
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD004]: shootdown.hw.bounds has no name 'NR_CPU' (did you mean 'NR_CPUS'?)
    1 | from shootdown.hw.bounds import NR_CPU
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: import the name from the module that defines it\
""")


def test_star_import() -> None:
    text = """
from shootdown.lang import *
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD005]: unsupported import
    1 | from shootdown.lang import *
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: write `from shootdown.linux.mm.memory import name`\
""")


def test_plain_import() -> None:
    text = """
import shootdown.hw.bounds
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD005]: unsupported import
    1 | import shootdown.hw.bounds
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: write `from shootdown.linux.mm.memory import name`\
""")


def test_relative_import() -> None:
    text = """
from . import memory
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD005]: unsupported import
    1 | from . import memory
      | ^^^^^^^^^^^^^^^^^^^^
  help: write `from shootdown.linux.mm.memory import name`\
""")


def test_import_of_a_library() -> None:
    text = """
from os import path

def f() -> None:
    path(1)
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD003]: there is no module os
    1 | from os import path
      | ^^^^^^^^^^^^^^^^^^^
  help: see `shootdown list functions`\
""")


def test_no_return_at_the_end() -> None:
    text = """
def f(n: small) -> small:
    if n:
        return 1
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD119]: f() does not return a value on every path
    1 | def f(n: small) -> small:
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
  help: return a value at the end\
""")


def test_variable_not_set_on_every_path() -> None:
    text = """
def f(n: small) -> small:
    if n:
        x: small = 1
    return x
"""
    assert said(text) == snapshot("""\
s.py:4:12: error[SD113]: 'x' may be used before it is assigned
    4 |     return x
      |            ^
  help: assign it on every path\
""")


def test_recursion() -> None:
    text = """
def f(n: small) -> small:
    return f(n)
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD106]: f() calls itself: f -> f
    1 | def f(n: small) -> small:
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
  help: write a loop; calls never recurse in the model\
""")


def test_recursion_over_two_functions() -> None:
    text = """
def f() -> None:
    g()

def g() -> None:
    f()
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD106]: f() calls itself: f -> g -> f
    1 | def f() -> None:
      | ^^^^^^^^^^^^^^^^
  help: write a loop; calls never recurse in the model\
""")


def test_number_of_arguments() -> None:
    text = """
def f() -> None:
    helper(1, 2)
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD105]: wrong number of arguments for helper(): 2, not 1
    2 |     helper(1, 2)
      |     ^^^^^^^^^^^^
  help: pass one value for each parameter, by position\
""")


def test_break_outside_a_loop() -> None:
    text = """
def f() -> None:
    break
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: `break` or `continue` here
    2 |     break
      |     ^^^^^
  help: use it inside a loop\
""")


def test_choose_from_an_unknown_number() -> None:
    text = """
def f(n: small) -> None:
    x = choose(n)
"""
    assert said(text) == snapshot("""\
s.py:2:16: error[SD111]: not a constant
    2 |     x = choose(n)
      |                ^
  help: use literals, bounds, options and module constants\
""")


def test_choose_late_in_a_block() -> None:
    text = """
def f(p: Ref[page]) -> None:
    with atomic():
        p.count = 1
        x = choose(2)
"""
    assert said(text) == snapshot("""\
s.py:4:13: error[SD116]: choose() inside `with atomic()` must come first
    4 |         x = choose(2)
      |             ^^^^^^^^^
  help: make `x = choose(n)` the block's first statement\
""")


def test_rest_in_a_block() -> None:
    text = """
def f() -> None:
    with atomic():
        rest()
"""
    assert said(text) == snapshot("""\
s.py:3:9: error[SD115]: rest() is not allowed inside `with atomic()`
    3 |         rest()
      |         ^^^^^^
  help: move it out of the atomic block\
""")


def test_rest_without_a_block() -> None:
    text = """
def f() -> None:
    rest()
    nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD117]: rest() must be followed by `with atomic():`
    2 |     rest()
      |     ^^^^^^
  help: put it right before that block\
""")


def test_rest_at_the_end() -> None:
    text = """
def f() -> None:
    rest()
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD117]: rest() must be followed by `with atomic():`
    2 |     rest()
      |     ^^^^^^
  help: put it right before that block\
""")


def test_invariant_without_a_name() -> None:
    text = """
def f(n: small) -> None:
    check(n == 1, n)
"""
    assert said(text) == snapshot("""\
s.py:2:19: error[SD104]: wrong type: the name of an invariant wants a string, got n
    2 |     check(n == 1, n)
      |                   ^
  help: convert the value or change the declaration\
""")


def test_feature_that_is_unknown() -> None:
    text = """
def f() -> None:
    if has(TLB_FLUSH_SPLTI):
        nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD201]: unknown feature 'TLB_FLUSH_SPLTI'
    2 |     if has(TLB_FLUSH_SPLTI):
      |            ^^^^^^^^^^^^^^^
  help: see `shootdown list features`\
""")
