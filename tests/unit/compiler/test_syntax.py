# SPDX-License-Identifier: MIT
"""What the compiler says about Python that the language does not have, word for word.

Each text is a small user's file; what all of them need stands behind it, so that line numbers
count from the mistake's own text.
"""

from __future__ import annotations

from inline_snapshot import snapshot

from tests.unit.compiler.snippets import said


def test_try() -> None:
    text = """
def f() -> None:
    try:
        nothing()
    finally:
        nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: `try`
    2 |     try:
      |     ^^^^
  help: kernel code returns errors; test the result\
""")


def test_raise() -> None:
    text = """
def f() -> None:
    raise error
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: `raise`
    2 |     raise error
      |     ^^^^^^^^^^^
  help: use `assert` or `violation(...)`\
""")


def test_nested_function() -> None:
    text = """
def f() -> None:
    def g() -> None:
        pass
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: a function inside a function
    2 |     def g() -> None:
      |     ^^^^^^^^^^^^^^^^
  help: define it at the top of the file\
""")


def test_nested_class() -> None:
    text = """
def f() -> None:
    class g:
        pass
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: a class inside a function
    2 |     class g:
      |     ^^^^^^^^
  help: define it at the top of the file\
""")


def test_async_function_inside() -> None:
    text = """
def f() -> None:
    async def g() -> None:
        pass
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: `async`
    2 |     async def g() -> None:
      |     ^^^^^^^^^^^^^^^^^^^^^^
  help: tasks are declared with @task\
""")


def test_import_inside() -> None:
    text = """
def f() -> None:
    import os
    from os import path
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: an import inside a function
    2 |     import os
      |     ^^^^^^^^^
  help: import at the top of the file
s.py:3:5: error[SD102]: unsupported syntax: an import inside a function
    3 |     from os import path
      |     ^^^^^^^^^^^^^^^^^^^
  help: import at the top of the file\
""")


def test_global() -> None:
    text = """
def f() -> None:
    global ROOM
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: `global`
    2 |     global ROOM
      |     ^^^^^^^^^^^
  help: shared state lives in a @struct pool\
""")


def test_del() -> None:
    text = """
def f() -> None:
    del ROOM
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: `del`
    2 |     del ROOM
      |     ^^^^^^^^
  help: use delete(ref) for records\
""")


def test_comprehension() -> None:
    text = """
def f() -> None:
    x = [i for i in range(3)]
    y = {i for i in range(3)}
    z = {i: i for i in range(3)}
    w = (i for i in range(3))
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD102]: unsupported syntax: a comprehension
    2 |     x = [i for i in range(3)]
      |         ^^^^^^^^^^^^^^^^^^^^^
  help: write a `for` loop over `range(n)`
s.py:3:9: error[SD102]: unsupported syntax: a comprehension
    3 |     y = {i for i in range(3)}
      |         ^^^^^^^^^^^^^^^^^^^^^
  help: write a `for` loop over `range(n)`
s.py:4:9: error[SD102]: unsupported syntax: a comprehension
    4 |     z = {i: i for i in range(3)}
      |         ^^^^^^^^^^^^^^^^^^^^^^^^
  help: write a `for` loop over `range(n)`
s.py:5:9: error[SD102]: unsupported syntax: a generator
    5 |     w = (i for i in range(3))
      |         ^^^^^^^^^^^^^^^^^^^^^
  help: write a `for` loop over `range(n)`\
""")


def test_lambda() -> None:
    text = """
def f() -> None:
    g = lambda x: x
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD102]: unsupported syntax: a lambda
    2 |     g = lambda x: x
      |         ^^^^^^^^^^^
  help: define a function\
""")


def test_float() -> None:
    text = """
def f() -> None:
    x = 1.5
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD102]: unsupported syntax: a float
    2 |     x = 1.5
      |         ^^^
  help: use integers; the model counts, it does not measure\
""")


def test_string() -> None:
    text = """
def f() -> None:
    x = 'a'
    y = b'a'
    z = f'{x}'
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD102]: unsupported syntax: a string
    2 |     x = 'a'
      |         ^^^
  help: model code has integers, references and values only
s.py:3:9: error[SD102]: unsupported syntax: a string
    3 |     y = b'a'
      |         ^^^^
  help: model code has integers, references and values only
s.py:4:9: error[SD102]: unsupported syntax: a string
    4 |     z = f'{x}'
      |         ^^^^^^
  help: model code has integers, references and values only\
""")


def test_containers() -> None:
    text = """
def f() -> None:
    a = [1]
    b = {1: 2}
    c = {1}
    d = (1, 2)
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD102]: unsupported syntax: a list
    2 |     a = [1]
      |         ^^^
  help: declare an `Array` field in a @struct
s.py:3:9: error[SD102]: unsupported syntax: a dict
    3 |     b = {1: 2}
      |         ^^^^^^
  help: declare records in a @struct
s.py:4:9: error[SD102]: unsupported syntax: a set
    4 |     c = {1}
      |         ^^^
  help: use a bit mask
s.py:5:9: error[SD102]: unsupported syntax: a tuple
    5 |     d = (1, 2)
      |         ^^^^^^
  help: use a @struct or two variables\
""")


def test_walrus() -> None:
    text = """
def f(n: small) -> None:
    if (m := n) > 1:
        nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD102]: unsupported syntax: `:=`
    2 |     if (m := n) > 1:
      |         ^^^^^^
  help: assign in a statement of its own\
""")


def test_yield() -> None:
    text = """
def f() -> None:
    yield 1
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: yield
    2 |     yield 1
      |     ^^^^^^^
  help: scheduling points are implicit\
""")


def test_starred_argument() -> None:
    text = """
def f(n: small) -> None:
    helper(*n)
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD102]: unsupported syntax: `*` in a call
    2 |     helper(*n)
      |            ^^
  help: pass each argument by itself\
""")


def test_keyword_argument() -> None:
    text = """
def f(n: small) -> None:
    helper(count=n)
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: a keyword argument
    2 |     helper(count=n)
      |     ^^^^^^^^^^^^^^^
  help: pass arguments by position\
""")


def test_method_call() -> None:
    text = """
def f(p: Ref[page]) -> None:
    p.get()
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: a method call
    2 |     p.get()
      |     ^^^^^
  help: call a function: `name(...)`\
""")


def test_args_and_kwargs() -> None:
    text = """
def f(*args: small) -> None:
    pass

def g(**more: small) -> None:
    pass

def h(*, n: small) -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:8: error[SD102]: unsupported syntax: `*args`, `**kwargs` or `*`
    1 | def f(*args: small) -> None:
      |        ^^^^^^^^^^^
  help: name every parameter
s.py:4:9: error[SD102]: unsupported syntax: `*args`, `**kwargs` or `*`
    4 | def g(**more: small) -> None:
      |         ^^^^^^^^^^^
  help: name every parameter
s.py:7:10: error[SD102]: unsupported syntax: `*args`, `**kwargs` or `*`
    7 | def h(*, n: small) -> None:
      |          ^^^^^^^^
  help: name every parameter\
""")


def test_default_argument() -> None:
    text = """
def f(n: small = 1) -> None:
    pass
"""
    assert said(text) == snapshot("""\
s.py:1:18: error[SD102]: unsupported syntax: a default argument
    1 | def f(n: small = 1) -> None:
      |                  ^
  help: pass the value at each call\
""")


def test_slice() -> None:
    text = """
def f(p: Ref[page]) -> None:
    x = p.slots[0:1]
"""
    assert said(text) == snapshot("""\
s.py:2:17: error[SD102]: unsupported syntax: a slice
    2 |     x = p.slots[0:1]
      |                 ^^^
  help: use an index\
""")


def test_several_targets() -> None:
    text = """
def f() -> None:
    a = b = 1
    c, d = 1, 2
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: several targets
    2 |     a = b = 1
      |     ^^^^^^^^^
  help: assign to one target at a time
s.py:3:5: error[SD102]: unsupported syntax: several targets
    3 |     c, d = 1, 2
      |     ^^^^
  help: assign to one target at a time\
""")


def test_other_with() -> None:
    text = """
def f() -> None:
    with open(1) as g:
        nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: this `with`
    2 |     with open(1) as g:
      |     ^^^^^^^^^^^^^^^^^^
  help: the only block of its kind is `with atomic():`\
""")


def test_loop_over_a_record() -> None:
    text = """
def f(p: Ref[page]) -> None:
    for x in p.slots:
        nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:14: error[SD102]: unsupported syntax: this loop
    2 |     for x in p.slots:
      |              ^^^^^^^
  help: write `for i in range(n):`\
""")


def test_loop_with_else() -> None:
    text = """
def f() -> None:
    while True:
        break
    else:
        nothing()
"""
    assert said(text) == snapshot("""\
s.py:2:5: error[SD102]: unsupported syntax: this loop
    2 |     while True:
      |     ^^^^^^^^^^^
  help: write `while test:` or `for i in range(n):`\
""")


def test_in() -> None:
    text = """
def f(n: small) -> Bool:
    return n in n
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD102]: unsupported syntax: `in`
    2 |     return n in n
      |            ^^^^^^
  help: compare with == or use a bit mask\
""")


def test_division() -> None:
    text = """
def f(n: small) -> small:
    return n / 2
"""
    assert said(text) == snapshot("""\
s.py:2:12: error[SD102]: unsupported syntax: this operator
    2 |     return n / 2
      |            ^^^^^
  help: use + - * // % & | ^ << >>\
""")


def test_power_of_a_variable() -> None:
    text = """
def f(n: small) -> None:
    x = n ** 2
"""
    assert said(text) == snapshot("""\
s.py:2:9: error[SD102]: unsupported syntax: this operator
    2 |     x = n ** 2
      |         ^^^^^^
  help: use + - * // % & | ^ << >>\
""")


def test_case_with_guard() -> None:
    text = """
def f(n: small) -> None:
    match n:
        case 1 if n:
            nothing()
"""
    assert said(text) == snapshot("""\
s.py:3:19: error[SD102]: unsupported syntax: a guard in `case`
    3 |         case 1 if n:
      |                   ^
  help: use `if` inside the case\
""")


def test_case_with_name() -> None:
    text = """
def f(n: small) -> None:
    match n:
        case m:
            nothing()
"""
    assert said(text) == snapshot("""\
s.py:3:14: error[SD102]: unsupported syntax: this pattern
    3 |         case m:
      |              ^
  help: match constants, `a | b` or `_`\
""")
