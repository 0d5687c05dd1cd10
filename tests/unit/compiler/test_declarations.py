# SPDX-License-Identifier: MIT
"""What the compiler says about files as a whole: scenarios, setups, patches, and what they name."""

from __future__ import annotations

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from shootdown.compiler.diagnostics import MESSAGES
from shootdown.compiler.source import Library
from shootdown.errors import InputError
from tests.programs import compile_text, messages

TASK = """
@task(cpu=0)
def main() -> None:
    pass
"""

NAMED = 'NAME = "test"' + TASK


def test_every_message_has_its_test() -> None:
    here = Path(__file__).parent
    text = "".join(path.read_text("utf-8") for path in sorted(here.glob("test_*.py")))
    assert [code for code in MESSAGES if f"error[{code}]" not in text] == []


def test_no_python() -> None:
    assert messages("def f(:\n    pass\n") == snapshot("""\
s.py:1:7: error[SD001]: invalid Python: invalid syntax
    1 | def f(:
      |       ^
  help: mend the syntax; model code is ordinary Python\
""")


def test_null_byte() -> None:
    assert messages("x = 1\n\0") == snapshot("""\
s.py:1:1: error[SD001]: invalid Python: source code string cannot contain null bytes
    1 | x = 1
      | ^
  help: mend the syntax; model code is ordinary Python\
""")


def test_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        Library().user_file("missing.py")
    assert str(caught.value) == snapshot("""\
missing.py:1:1: error[SD002]: cannot read missing.py: No such file or directory
  help: check the path\
""")


def test_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("binary.py").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError) as caught:
        Library().user_file("binary.py")
    assert str(caught.value) == snapshot("""\
binary.py:1:1: error[SD002]: cannot read binary.py: it is not UTF-8 text
  help: check the path\
""")


# Scenarios


def test_no_name_and_no_task() -> None:
    assert messages("ROOM = 3\n") == snapshot("""\
s.py:1:1: error[SD203]: a scenario needs a name: NAME = "writer+reader"
    1 | ROOM = 3
      | ^^^^^^^^
  help: see the tutorial for a complete scenario
s.py:1:1: error[SD203]: a scenario needs a task: @task(cpu=0) above a function
    1 | ROOM = 3
      | ^^^^^^^^
  help: see the tutorial for a complete scenario\
""")


def test_empty_file() -> None:
    with pytest.raises(InputError) as caught:
        compile_text("")
    assert str(caught.value) == snapshot("""\
s.py:1:1: error[SD203]: a scenario needs a name: NAME = "writer+reader"
  help: see the tutorial for a complete scenario
s.py:1:1: error[SD203]: a scenario needs a task: @task(cpu=0) above a function
  help: see the tutorial for a complete scenario\
""")


def test_unknown_bound() -> None:
    text = """
ROOM = bound(2, "pages")
BOUNDS = {"ROMO": 3}
BUSY = ROOM
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:2:11: error[SD202]: unknown bound or option 'ROMO' (did you mean 'ROOM'?)
    2 | BOUNDS = {"ROMO": 3}
      |           ^^^^^^
  help: see docs/reference/bounds.md\
""")


def test_unknown_option() -> None:
    assert messages('CONFIG = {"CONFIG_SPM": True}\n', NAMED) == snapshot("""\
s.py:1:11: error[SD202]: unknown bound or option 'CONFIG_SPM'
    1 | CONFIG = {"CONFIG_SPM": True}
      |           ^^^^^^^^^^^^
  help: see docs/reference/bounds.md\
""")


def test_malformed_metadata() -> None:
    text = """
NAME = 3
BOUNDS = [1]
CONFIG = {"CONFIG_SMP": maybe}
HARDWARE = {"walker": 0}
EXPECT = holds()
"""
    assert messages(text, TASK) == snapshot("""\
s.py:1:8: error[SD104]: wrong type: NAME wants a string, got 3
    1 | NAME = 3
      |        ^
  help: convert the value or change the declaration
s.py:2:10: error[SD104]: wrong type: BOUNDS wants a dict of constants, got [1]
    2 | BOUNDS = [1]
      |          ^^^
  help: convert the value or change the declaration
s.py:3:25: error[SD111]: not a constant
    3 | CONFIG = {"CONFIG_SMP": maybe}
      |                         ^^^^^
  help: use literals, bounds, options and module constants
s.py:4:23: error[SD104]: wrong type: HARDWARE wants entries like "tlb_walker": (0, 1), got 0
    4 | HARDWARE = {"walker": 0}
      |                       ^
  help: convert the value or change the declaration
s.py:5:10: error[SD104]: wrong type: EXPECT wants a tuple of since(...), got holds()
    5 | EXPECT = holds()
      |          ^^^^^^^
  help: convert the value or change the declaration\
""")


def test_malformed_expectation() -> None:
    text = """
EXPECT = (
    since("v3", "holds"),
    since(3, holds()),
    at(holds()),
)
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:2:5: error[SD104]: wrong type: EXPECT wants since("v3.15", holds()), got since('v3', 'holds')
    2 |     since("v3", "holds"),
      |     ^^^^^^^^^^^^^^^^^^^^
  help: convert the value or change the declaration
s.py:3:5: error[SD104]: wrong type: EXPECT wants since("v3.15", holds()), got since(3, holds())
    3 |     since(3, holds()),
      |     ^^^^^^^^^^^^^^^^^
  help: convert the value or change the declaration
s.py:4:5: error[SD104]: wrong type: EXPECT wants since("v3.15", holds()), got at(holds())
    4 |     at(holds()),
      |     ^^^^^^^^^^^
  help: convert the value or change the declaration\
""")


def test_task_without_a_cpu() -> None:
    text = """
NAME = "test"

@task
def one() -> None:
    pass

@task(kind="user")
def two() -> None:
    pass
"""
    assert messages(text) == snapshot("""\
s.py:3:2: error[SD203]: a scenario needs a CPU for one(): @task(cpu=0)
    3 | @task
      |  ^^^^
  help: see the tutorial for a complete scenario
s.py:7:2: error[SD203]: a scenario needs a CPU for two(): @task(cpu=0)
    7 | @task(kind="user")
      |  ^^^^^^^^^^^^^^^^^
  help: see the tutorial for a complete scenario\
""")


def test_task_with_a_strange_cpu() -> None:
    text = """
NAME = "test"

@task(cpu=-1)
def one() -> None:
    pass

@task(cpu="zero")
def two() -> None:
    pass

@task(cpu=0, kind="thread")
def three() -> None:
    pass

@setup(cpu=True)
def four() -> None:
    pass
"""
    assert messages(text) == snapshot("""\
s.py:3:2: error[SD104]: wrong type: cpu wants a number from 0 to 63, got -1
    3 | @task(cpu=-1)
      |  ^^^^^^^^^^^^
  help: convert the value or change the declaration
s.py:7:2: error[SD104]: wrong type: cpu wants a number from 0 to 63, got 'zero'
    7 | @task(cpu="zero")
      |  ^^^^^^^^^^^^^^^^
  help: convert the value or change the declaration
s.py:11:2: error[SD104]: wrong type: kind wants "kernel" or "user", got 'thread'
   11 | @task(cpu=0, kind="thread")
      |  ^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: convert the value or change the declaration
s.py:15:2: error[SD104]: wrong type: cpu wants a number from 0 to 63, got True
   15 | @setup(cpu=True)
      |  ^^^^^^^^^^^^^^^
  help: convert the value or change the declaration\
""")


def test_task_on_a_cpu_that_is_not_there() -> None:
    text = """
NAME = "test"
NR_CPUS = bound(1, "CPUs")
BOUNDS = {"NR_CPUS": 1}

@setup(cpu=4)
def before() -> None:
    pass

@task(cpu=2)
def main() -> None:
    pass
"""
    assert messages(text) == snapshot("""\
s.py:6:1: error[SD124]: the value 4 of cpu is outside 0..0
    6 | def before() -> None:
      | ^^^^^^^^^^^^^^^^^^^^^
  help: use a value in that range
s.py:10:1: error[SD124]: the value 2 of cpu is outside 0..0
   10 | def main() -> None:
      | ^^^^^^^^^^^^^^^^^^^
  help: use a value in that range\
""")


def test_task_with_parameters() -> None:
    text = """
NAME = "test"

@setup(cpu=0)
def before(n: u8) -> None:
    pass

@task(cpu=0)
def main(n: u8) -> None:
    pass
"""
    assert messages(text) == snapshot("""\
s.py:4:1: error[SD208]: before() takes nothing and returns None
    4 | def before(n: u8) -> None:
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: write `def before() -> None:`
s.py:8:1: error[SD208]: main() takes nothing and returns None
    8 | def main(n: u8) -> None:
      | ^^^^^^^^^^^^^^^^^^^^^^^^
  help: write `def main() -> None:`\
""")


def test_hardware_that_is_not_there() -> None:
    text = """
HARDWARE = {"walkre": (0,), "walker": (0, 4)}

@hardware_task(on="all", kind="mmu")
def walker() -> None:
    pass

from shootdown.lang import hardware_task
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:1:13: error[SD101]: unknown name 'walkre' (did you mean 'walker'?)
    1 | HARDWARE = {"walkre": (0,), "walker": (0, 4)}
      |             ^^^^^^^^
  help: define or import it before it is used
s.py:1:29: error[SD124]: the value 4 is outside 0..0
    1 | HARDWARE = {"walkre": (0,), "walker": (0, 4)}
      |                             ^^^^^^^^
  help: use a value in that range\
""")


# Monitors


def test_monitors_of_the_wrong_shape() -> None:
    text = """
@event
def tick(n: u8) -> None:
    pass

@on(tick)
def other(b: Bool) -> None:
    pass

@on(tock)
def unheard() -> None:
    pass

@on(helper)
def misled() -> None:
    pass

def helper() -> None:
    pass

@final
def judge() -> Bool:
    return True

@quiescent
def calm(n: u8) -> Bool:
    return True

@gate
def open() -> None:
    pass
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:6:1: error[SD209]: other() does not take what tick() tells
    6 | def other(b: Bool) -> None:
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: give it the parameters of the event
s.py:9:2: error[SD101]: unknown name 'tock' (did you mean 'tick'?)
    9 | @on(tock)
      |  ^^^^^^^^
  help: define or import it before it is used
s.py:13:2: error[SD104]: wrong type: @on wants an event, got helper
   13 | @on(helper)
      |  ^^^^^^^^^^
  help: convert the value or change the declaration
s.py:21:1: error[SD208]: judge() takes nothing and returns None
   21 | def judge() -> Bool:
      | ^^^^^^^^^^^^^^^^^^^^
  help: write `def judge() -> None:`
s.py:25:1: error[SD208]: calm() takes nothing and returns Bool
   25 | def calm(n: u8) -> Bool:
      | ^^^^^^^^^^^^^^^^^^^^^^^^
  help: write `def calm() -> Bool:`
s.py:29:1: error[SD208]: open() takes nothing and returns Bool
   29 | def open() -> None:
      | ^^^^^^^^^^^^^^^^^^^
  help: write `def open() -> Bool:`\
""")


def test_monitor_that_waits() -> None:
    text = """
@struct(count=1)
class page:
    locked: Bool

@final
def judge() -> None:
    wait_until(not record(page, 0).locked)
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:7:5: error[SD127]: waiting is not allowed in a monitor
    7 |     wait_until(not record(page, 0).locked)
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: a monitor judges a state; it never waits\
""")


# Setups


def test_setup_that_breaks_an_invariant() -> None:
    text = """
@struct(count=1)
class page:
    count: Annotated[int, upto(3)]

@setup(cpu=0)
def before() -> None:
    for i in range(5):
        record(page, 0).count = i
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:8:33: error[SD206]: the setup before() breaks range: page.count must be in 0..3
    8 |         record(page, 0).count = i
      |                                 ^
  help: a setup runs alone: do its steps in a valid order\
""")


def test_setup_that_asserts() -> None:
    text = """
@setup(cpu=0)
def before() -> None:
    assert this_task() == 1
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:3:5: error[SD206]: the setup before() breaks assertion: this_task() == 1
    3 |     assert this_task() == 1
      |     ^^^^^^^^^^^^^^^^^^^^^^^
  help: a setup runs alone: do its steps in a valid order\
""")


def test_setup_that_waits_for_ever() -> None:
    text = """
@struct(count=1)
class page:
    locked: Bool

@setup(cpu=0)
def before() -> None:
    record(page, 0).locked = True
    wait_until(not record(page, 0).locked)
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:6:1: error[SD207]: the setup before() waits for something that never comes
    6 | def before() -> None:
      | ^^^^^^^^^^^^^^^^^^^^^
  help: a setup runs alone, on its own CPU: nobody else unlocks or answers\
""")


def test_setup_that_does_not_end() -> None:
    text = """
@struct(count=1)
class page:
    locked: Bool

@setup(cpu=0)
def before() -> None:
    while True:
        record(page, 0).locked = True
"""
    assert messages(text, NAMED) == snapshot("""\
s.py:6:1: error[SD206]: the setup before() breaks endless_step: a loop in this step does not end
    6 | def before() -> None:
      | ^^^^^^^^^^^^^^^^^^^^^
  help: a setup runs alone: do its steps in a valid order\
""")


# Patches

KERNEL = """
@struct(count=1)
class page:
    count: u8

@kernel
def free_page(p: Ref[page]) -> None:
    p.count = 0

NAME = "test"

@task(cpu=0)
def main() -> None:
    free_page(record(page, 0))
"""


def test_mistake_in_a_patch() -> None:
    patch = """
from shootdown.lang import kernel

@kernel
def free_page(p) -> None:
    x = y
    p.cuont = 0
"""
    assert messages(KERNEL, patches={"my_free.py": patch}) == snapshot("""\
my_free.py:4:1: error[SD205]: free_page() must keep the kernel's signature: (p: Ref[page]) -> None
    4 | def free_page(p) -> None:
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
  help: other kernel functions call it
my_free.py:4:15: error[SD107]: parameter 'p' has no annotation
    4 | def free_page(p) -> None:
      |               ^
  help: write `p: vaddr`, `p: Ref[page]`, ...
my_free.py:5:9: error[SD101]: unknown name 'y'
    5 |     x = y
      |         ^
  help: define or import it before it is used
my_free.py:6:5: error[SD104]: wrong type: `.cuont` wants a reference, got int
    6 |     p.cuont = 0
      |     ^
  help: convert the value or change the declaration\
""")


def test_patch_with_another_signature() -> None:
    patch = """
from shootdown.lang import kernel, u8

@kernel
def free_page(number: u8) -> None:
    pass
"""
    assert messages(KERNEL, patches={"my_free.py": patch}) == snapshot("""\
my_free.py:4:1: error[SD205]: free_page() must keep the kernel's signature: (p: Ref[page]) -> None
    4 | def free_page(number: u8) -> None:
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: other kernel functions call it\
""")
