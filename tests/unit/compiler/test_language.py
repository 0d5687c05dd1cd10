# SPDX-License-Identifier: MIT
"""What programs mean: each construct in a small program whose ends are listed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shootdown.compiler import source
from shootdown.compiler.program import Roots, build
from tests.exploring import require_agreement, violations, walk
from tests.programs import WORDS, compile_text, request_of

RESULTS = """
NAME = "test"
number = Annotated[int, span(-20, 20)]

@struct(count=1)
class result:
    a: number
    b: number

def put(a: number, b: number) -> None:
    with atomic():
        record(result, 0).a = a
        record(result, 0).b = b

@final
def look() -> None:
    check(record(result, 0).a + record(result, 0).b != 99, "none")
"""

LENGTHS = {"result.a": 1, "result.b": 1}


def ends(text: str) -> list[tuple[int, ...]]:
    """Return the results that a program can end with, both explorers agreeing on the rest."""
    program = compile_text(text.lstrip("\n") + RESULTS + WORDS)
    require_agreement(program)
    found = walk(program, LENGTHS)
    assert not found.broken
    return sorted(found.ends)


def test_match_and_enums() -> None:
    text = """
class colour(IntEnum):
    RED = 1
    GREEN = 4
    BLUE = 5

def code(c: colour) -> number:
    match c:
        case colour.RED | colour.GREEN:
            return 1
        case colour.BLUE:
            return 2
        case _:
            return 3

@task(cpu=0)
def main() -> None:
    c = colour.RED
    if choose(2):
        c = colour.BLUE
    put(code(c), code(colour.GREEN))
"""
    assert ends(text) == [(1, 1), (2, 1)]


def test_values() -> None:
    text = """
@value(count=3)
class pte_t:
    present: Bool
    pfn: Annotated[int, upto(5)]

@task(cpu=0)
def main() -> None:
    pte = pte_t(pfn=3, present=True)
    p = pointer(pte_t, 1)
    p[0] = replace(pte, pfn=5)
    p[1] = pte
    q = p + 1
    same = q[0] == pte and p[0] != pte
    put(q[0].pfn + 5 * index(q) - (q - p), p[0].pfn if same and p < q else -1)
"""
    assert ends(text) == [(12, 5)]


def test_arithmetic_is_pythons() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    n: number = choose(3) - 5
    put(n // 2 + n % 3, (n >> 1) + (~n & 3) - -n)
"""
    wanted = [(n // 2 + n % 3, (n >> 1) + (~n & 3) - -n) for n in (-5, -4, -3)]
    assert ends(text) == sorted(wanted)


def test_embedded_records_in_arrays() -> None:
    text = """
@struct
class slot:
    n: number

@struct(count=2)
class table:
    slots: Array[slot] = array(2)

@task(cpu=0)
def main() -> None:
    for t in range(2):
        for s in range(2):
            one = record(table, t).slots[s]
            one.n = 2 * t + s
    put(record(table, 1).slots[0].n, record(table, 0).slots[1].n)
"""
    assert ends(text) == [(2, 1)]


def test_new_takes_the_first_unused_record_and_delete_clears_it() -> None:
    text = """
@struct(count=2, alloc=True)
class buffer:
    n: number

@task(cpu=0)
def main() -> None:
    a = new(buffer)
    b = new(buffer)
    a.n = 7
    delete(a)
    c = new(buffer)
    put(index(b), index(c) + c.n)
"""
    assert ends(text) == [(1, 0)]


def test_local_records_are_zero_at_each_call() -> None:
    text = """
@struct
class gather:
    n: number

def add(tlb: Ref[gather], n: number) -> None:
    tlb.n = tlb.n + n

def gathered(n: number) -> number:
    tlb = local(gather)
    add(tlb, n)
    add(tlb, n)
    return tlb.n

@task(cpu=0)
def main() -> None:
    first = gathered(2)
    put(first, gathered(3))
"""
    assert ends(text) == [(4, 6)]


def test_local_records_belong_to_their_task() -> None:
    text = """
@struct
class gather:
    n: number

@struct(count=1)
class other:
    n: number

def gathered(n: number) -> number:
    tlb = local(gather)
    tlb.n = n
    record(other, 0).n = n
    return tlb.n

@task(cpu=0)
def main() -> None:
    put(gathered(1), record(other, 0).n)

@task(cpu=1)
def rival() -> None:
    x = gathered(2)
"""
    assert ends(text) == [(1, 1), (1, 2)]


def test_an_increment_is_two_steps_and_one_if_atomic() -> None:
    text = """
@struct(count=1)
class counter:
    n: number
    m: number

def work() -> None:
    record(counter, 0).n += 1
    with atomic():
        record(counter, 0).m += 1

@task(cpu=0)
def main() -> None:
    work()
    wait_until(record(counter, 0).m == 2)
    put(record(counter, 0).n, record(counter, 0).m)

@task(cpu=1)
def rival() -> None:
    work()
"""
    assert ends(text) == [(1, 2), (2, 2)]


def test_a_choice_is_one_with_the_block_that_it_opens() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    with atomic():
        n = choose(3)
        wait_until(n != 1)
        put(n, n)
"""
    assert ends(text) == [(0, 0), (2, 2)]


def test_a_short_circuit_reads_no_more_than_it_must() -> None:
    text = """
@struct(count=1)
class page:
    next: Ref[page]
    n: number

@task(cpu=0)
def main() -> None:
    p = record(page, 0)
    if p.next and p.next.n > 0:
        put(1, 1)
    if not p.next or p.next.n == 0:
        put(2, 2)
    p.next = p
    p.n = p.n
"""
    assert ends(text) == [(2, 2)]


def test_a_user_may_stop_only_where_it_rests() -> None:
    text = """
@task(cpu=0, kind="user")
def main() -> None:
    while True:
        rest()
        with atomic():
            record(result, 0).a = 1
        record(result, 0).b = 1
        record(result, 0).b = 0
"""
    assert ends(text) == [(0, 0), (1, 0)]


def test_quiescence_has_conditions() -> None:
    text = """
@struct(count=1)
class io:
    pending: Bool

@task(cpu=0)
def main() -> None:
    record(io, 0).pending = True
    put(1, 1)

@task(cpu=1, kind="user")
def device() -> None:
    while True:
        rest()
        with atomic():
            wait_until(record(io, 0).pending)
            record(io, 0).pending = False

@quiescent
def no_io() -> Bool:
    return not record(io, 0).pending
"""
    assert violations(text + RESULTS) == [
        "deadlock at s.py:6 in main(): no kernel, interrupt or device task can move"
    ]


def test_finals_judge_the_ends_only() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    put(3, 0)
    put(0, 0)

@final
def judge() -> None:
    check(record(result, 0).a != 3, "wrong")
    check(record(result, 0).a != 0, "nothing")
"""
    assert violations(text + RESULTS) == ["nothing at s.py:9 in judge(): record(result, 0).a != 0"]


def test_events_run_their_monitors_in_the_same_step() -> None:
    text = """
@struct(count=1)
class ghost:
    sum: number

@event
def told(n: number) -> None:
    pass

@event(hook="task_end")
def ended() -> None:
    pass

@on(told)
def adds(n: number) -> None:
    record(ghost, 0).sum = record(ghost, 0).sum + n

@on(ended)
def reports() -> None:
    record(result, 0).a = record(ghost, 0).sum
    record(result, 0).b = record(result, 0).b + 1

@task(cpu=0)
def main() -> None:
    told(2)
    told(3)

@task(cpu=1)
def rival() -> None:
    told(4)
"""
    assert ends(text) == [(9, 2)]


def test_constants_bounds_and_options_fold() -> None:
    text = """
ROOM = bound(4, "room")
CONFIG_SMP = option(True, "several CPUs")
BOUNDS = {"ROOM": 6}
CONFIG = {"CONFIG_SMP": False}
TWICE = 2 * ROOM

@task(cpu=0)
def main() -> None:
    if CONFIG_SMP:
        put(nowhere, 0)
    else:
        put(TWICE if ROOM > 5 else 0, NR_TASKS)
"""
    with pytest.raises(Exception, match="nowhere"):
        ends(text.replace('"CONFIG_SMP": False', '"CONFIG_SMP": True'))
    assert ends(text) == [(12, 1)]


# Features and variants

KERNEL = {
    "features.py": """
from shootdown.lang import feature
FIRST = feature("first", commit="1", subject="s", release="v1.0")
SECOND = feature("second", commit="2", subject="s", release="v2.0", requires=(FIRST,))
THIRD = feature("third", commit="3", subject="s", release="v3.0")
""",
    "mm.py": """
from shootdown.lang import has, kernel, u8
from shootdown.features import FIRST
@kernel
def variant() -> u8:
    return 9
@kernel
def folded() -> u8:
    if has(FIRST):
        return 1
    return 0
""",
    "history/second.py": """
from shootdown.lang import kernel, u8
from shootdown.features import SECOND
@kernel(before=SECOND)
def variant() -> u8:
    return 2
""",
    "history/third.py": """
from shootdown.lang import kernel, u8
from shootdown.features import THIRD
@kernel(before=THIRD)
def variant() -> u8:
    return 3
""",
}

SCENARIO = """
from shootdown.mm import folded, variant

@task(cpu=0)
def main() -> None:
    put(variant(), folded())
"""

PATCH = """
from shootdown.lang import kernel, u8

@kernel
def variant() -> u8:
    return 5
"""


@pytest.mark.parametrize(
    ("features", "patches", "wanted"),
    [
        ((), {}, (2, 0)),
        (("first",), {}, (2, 1)),
        (("first", "second"), {}, (3, 1)),
        (("first", "second", "third"), {}, (9, 1)),
        (("third",), {}, (2, 0)),
        ((), {"p.py": PATCH}, (5, 0)),
        (("first", "second", "third"), {"p.py": PATCH}, (5, 1)),
    ],
)
def test_variants(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    features: tuple[str, ...],
    patches: Mapping[str, str],
    wanted: tuple[int, int],
) -> None:
    package = tmp_path_factory.mktemp("package")
    (package / "history").mkdir()
    for name, text in KERNEL.items():
        (package / name).write_text(text, "utf-8")
    monkeypatch.setattr(source, "PACKAGE", package)
    roots = Roots("shootdown.features", "shootdown.history", "shootdown.nothing")
    text = SCENARIO + RESULTS + WORDS
    program = build(request_of(text, features=features, patches=patches, roots=roots))
    assert walk(program, LENGTHS).ends == {wanted}
