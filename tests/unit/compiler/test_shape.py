# SPDX-License-Identifier: MIT
"""What the compiler says about files and classes of the wrong shape, word for word.

Each text is a small user's file; what all of them need stands behind it, so that line numbers
count from the mistake's own text.
"""

from __future__ import annotations

from inline_snapshot import snapshot

from tests.unit.compiler.snippets import said


def test_positional_fields() -> None:
    text = """
def f() -> pte_t:
    return pte_t(1)
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD102]: unsupported syntax: a positional field
    2 |     return pte_t(1)
      |            ^^^^^^^^
  help: write `pte_t(field=value)`\
""")


def test_statement_at_the_top() -> None:
    text = """
for i in range(3):
    nothing()
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD102]: unsupported syntax: this statement here
    1 | for i in range(3):
      | ^^^^^^^^^^^^^^^^^^
  help: a file declares functions, classes and constants\
""")


def test_method() -> None:
    text = """
@struct(count=1)
class thing:
    n: small

    def get(self) -> small:
        return self.n

@value
class couple_t:
    a: Bool
    b = 1

class shade(IntEnum):
    RED = 0
    RED.name

def f(t: Ref[thing], p: couple_t, c: shade) -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:5:5: error[SD102]: unsupported syntax: a method
    5 |     def get(self) -> small:
      |     ^^^^^^^^^^^^^^^^^^^^^^^
  help: write a function that takes the record
s.py:11:5: error[SD102]: unsupported syntax: this statement in a class
   11 |     b = 1
      |     ^^^^^
  help: a class has fields and nothing else
s.py:15:5: error[SD102]: unsupported syntax: this statement in a class
   15 |     RED.name
      |     ^^^^^^^^
  help: a class has fields and nothing else\
""")


def test_default_of_a_field() -> None:
    text = """
@struct(count=1)
class thing:
    n: small = 3

def f() -> small:
    return record(thing, 0).n
"""
    assert said(text) == snapshot("""\
s.py:3:16: error[SD102]: unsupported syntax: a default value
    3 |     n: small = 3
      |                ^
  help: every field starts as zero\
""")


def test_array_without_a_length() -> None:
    text = """
@struct(count=1)
class thing:
    n: Array[small]

def f() -> small:
    return record(thing, 0).n[0]
"""
    assert said(text) == snapshot("""\
s.py:3:8: error[SD126]: the array 'n' has no length
    3 |     n: Array[small]
      |        ^^^^^^^^^^^^
  help: write `n: Array[T] = array(N)`\
""")


def test_class_without_a_decorator() -> None:
    text = """
class thing:
    n: small

def f(t: Ref[thing]) -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD102]: unsupported syntax: this class
    1 | class thing:
      | ^^^^^^^^^^^^
  help: decorate it with @struct or @value\
""")


def test_strange_decorator() -> None:
    text = """
@this.that
def f() -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:2: error[SD102]: unsupported syntax: this decorator
    1 | @this.that
      |  ^^^^^^^^^
  help: use one of the language\
""")


def test_async_function() -> None:
    text = """
async def f() -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:1: error[SD102]: unsupported syntax: this statement here
    1 | async def f() -> None:
      | ^^^^^^^^^^^^^^^^^^^^^^
  help: a file declares functions, classes and constants\
""")


def test_ellipsis() -> None:
    text = """
def f() -> None:
    ...
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: this expression
    2 |     ...
      |     ^^^
  help: use a simpler one\
""")


def test_complex() -> None:
    text = """
def f() -> None:
    x = 1j
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD102]: unsupported syntax: this expression
    2 |     x = 1j
      |         ^^
  help: use a simpler one\
""")


def test_several_errors_are_all_reported() -> None:
    text = """
def f(n) -> small:
    x = 1.5
    y = x + 1
    z = zz
    return n

def g():
    helper(1, 2)
"""
    assert said(text) == snapshot("""\
s.py:1:7: error[SD107]: parameter 'n' has no annotation
    1 | def f(n) -> small:
      |       ^
  help: write `n: vaddr`, `n: Ref[page]`, ...
s.py:2:9: error[SD102]: unsupported syntax: a float
    2 |     x = 1.5
      |         ^^^
  help: use integers; the model counts, it does not measure
s.py:4:9: error[SD101]: unknown name 'zz'
    4 |     z = zz
      |         ^^
  help: define or import it before it is used
s.py:7:1: error[SD108]: g() does not say what it returns
    7 | def g():
      | ^^^^^^^^
  help: write `-> None`, `-> Bool`, ...
s.py:8:5: error[SD105]: wrong number of arguments for helper(): 2, not 1
    8 |     helper(1, 2)
      |     ^^^^^^^^^^^^
  help: pass one value for each parameter, by position\
""")
