# SPDX-License-Identifier: MIT
"""What can go wrong while a program runs: each kind with its line, its message and its trace."""

from __future__ import annotations

from inline_snapshot import snapshot

from tests.exploring import verdict, violations

REST = """
NAME = "test"
small = Annotated[int, upto(3)]

@struct
class spinlock_t:
    owner: Annotated[int, upto(NR_TASKS)]

@struct
class rwsem:
    owner: Annotated[int, upto(NR_TASKS)]
    readers: Annotated[int, upto(3)]

@struct(count=2)
class page:
    count: small
    slots: Array[small] = array(3)
    next: Ref[page]
    lock: spinlock_t
    index: small = guarded_by("lock")
    sem: rwsem
    size: small = guarded_by("sem")
    mine: small = guarded_by(OWN_TASK)

@struct(count=1, alloc=True)
class buffer:
    size: small

@value(count=3)
class pte_t:
    pfn: small

def spin_lock(lock: Ref[spinlock_t]) -> None:
    with atomic():
        wait_until(lock.owner == 0)
        lock.owner = this_task() + 1

def spin_unlock(lock: Ref[spinlock_t]) -> None:
    with atomic():
        check(lock.owner == this_task() + 1, "lock_misuse")
        lock.owner = 0

@task(cpu=1)
def other() -> None:
    p = record(page, 0)
    with atomic():
        p.count = p.slots[0]
        p.slots[1] = p.count
        p.next = p.next
"""


def run(text: str) -> str:
    """Return the race, after comparing with the plain explorer."""
    shown = verdict(text.lstrip("\n") + REST)
    assert violations(text.lstrip("\n") + REST) == (
        [] if shown == "holds" else [shown.splitlines()[0]]
    )
    return shown


def test_range_of_a_field() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    for i in range(5):
        record(page, 1).count = i + record(page, 0).count
"""
    assert run(text) == snapshot("""\
range at s.py:4 in main(): page.count must be in 0..3
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count
  main:4: record(page, 1).count = i + record(page, 0).count\
""")


def test_range_of_a_variable() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    n: small = 2
    n += 1 + record(page, 0).count
    n += 1
    record(page, 1).count = n
"""
    assert run(text) == snapshot("""\
range at s.py:5 in main(): 'n' must be in 0..3
  main:4: n += 1 + record(page, 0).count\
""")


def test_range_of_an_argument() -> None:
    text = """
def take(n: small) -> None:
    record(page, 1).count = n

@task(cpu=0)
def main() -> None:
    take(record(page, 0).count + 4)
"""
    assert run(text) == snapshot("""\
range at s.py:6 in main(): take() argument 'n' must be in 0..3
  main:6: take(record(page, 0).count + 4)\
""")


def test_range_of_a_result() -> None:
    text = """
def give() -> small:
    return record(page, 0).count + 4

@task(cpu=0)
def main() -> None:
    record(page, 1).count = give()
"""
    assert run(text) == snapshot("""\
range at s.py:2 in give(): return must be in 0..3
  main:2: return record(page, 0).count + 4\
""")


def test_range_of_a_divisor() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    record(page, 1).count = 1 // record(page, 0).count
"""
    assert run(text) == snapshot("""\
range at s.py:3 in main(): the divisor must be positive
  main:3: record(page, 1).count = 1 // record(page, 0).count
  main:3: record(page, 1).count = 1 // record(page, 0).count\
""")


def test_range_of_a_shift() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    record(page, 1).count = 1 >> (record(page, 0).count + 63)
"""
    assert run(text) == snapshot("""\
range at s.py:3 in main(): the shift must be in 0..62
  main:3: record(page, 1).count = 1 >> (record(page, 0).count + 63)
  main:3: record(page, 1).count = 1 >> (record(page, 0).count + 63)\
""")


def test_range_of_a_field_of_a_value() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    pointer(pte_t, 0)[0] = pte_t(pfn=record(page, 0).count + 4)
"""
    assert run(text) == snapshot("""\
range at s.py:3 in main(): pte_t.pfn must be in 0..3
  main:3: pointer(pte_t, 0)[0] = pte_t(pfn=record(page, 0).count + 4)\
""")


def test_index_of_an_array() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    n = record(page, 0).count
    record(page, 0).slots[n + 3] = 1
"""
    assert run(text) == snapshot("""\
index at s.py:4 in main(): index of page.slots must be in 0..2
  main:3: n = record(page, 0).count
  main:4: record(page, 0).slots[n + 3] = 1\
""")


def test_index_of_a_record() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    record(page, record(page, 0).count + 2).count = 1
"""
    assert run(text) == snapshot("""\
index at s.py:3 in main(): position in page must be in 0..1
  main:3: record(page, record(page, 0).count + 2).count = 1
  main:3: record(page, record(page, 0).count + 2).count = 1\
""")


def test_index_of_a_pool() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    p = pointer(pte_t, record(page, 0).count + 3)
"""
    assert run(text) == snapshot("""\
index at s.py:3 in main(): position in pte_t must be in 0..2
  main:3: p = pointer(pte_t, record(page, 0).count + 3)\
""")


def test_pointer_that_leaves_its_pool() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    p = pointer(pte_t, 2)
    p = p + 1
    p = p + (1 + record(page, 0).count)
"""
    assert run(text) == snapshot("""\
index at s.py:5 in main(): the pointer leaves the pool of pte_t
  main:5: p = p + (1 + record(page, 0).count)\
""")


def test_pointer_behind_its_pool() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    p = pointer(pte_t, 2) + 1
    x = p[0]
"""
    assert run(text) == snapshot("""\
index at s.py:4 in main(): position in pte_t must be in 0..2
  main:2: def main() -> None:\
""")


def test_null_reference() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    p = record(page, 0).next
    p.count = 1
"""
    assert run(text) == snapshot("""\
null_reference at s.py:4 in main(): p is NULL
  main:3: p = record(page, 0).next
  main:4: p.count = 1\
""")


def test_null_pointer() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    p: Ptr[pte_t] = NULL
    p[0] = pte_t(pfn=1)
    record(page, 0).count = p[0].pfn
"""
    assert run(text) == snapshot("""\
null_reference at s.py:4 in main(): p is NULL
  main:2: def main() -> None:\
""")


def test_index_of_null() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    n = index(record(page, 0).next)
"""
    assert run(text) == snapshot("""\
null_reference at s.py:3 in main(): record(page, 0).next is NULL
  main:3: n = index(record(page, 0).next)\
""")


def test_exhausted_pool() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    a = new(buffer)
    b = new(buffer)
"""
    assert run(text) == snapshot("""\
exhausted_pool at s.py:4 in main(): all 1 records of buffer are in use
  main:3: a = new(buffer)
  main:4: b = new(buffer)\
""")


def test_double_free() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    a = new(buffer)
    delete(a)
    delete(a)
"""
    assert run(text) == snapshot("""\
double_free at s.py:5 in main(): this buffer is free already
  main:3: a = new(buffer)
  main:4: delete(a)
  main:5: delete(a)\
""")


def test_delete_of_null() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    a: Ref[buffer] = NULL
    delete(a)
"""
    assert run(text) == snapshot("""\
null_reference at s.py:4 in main(): a is NULL
  main:2: def main() -> None:\
""")


def test_assertion() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    record(page, 0).slots[0] = 1
    assert record(page, 0).count == 0, "the other task is slow"
"""
    assert run(text) == snapshot("""\
assertion at s.py:4 in main(): record(page, 0).count == 0
  main:3: record(page, 0).slots[0] = 1
  other:50: with atomic():
  main:4: assert record(page, 0).count == 0, "the other task is slow"\
""")


def test_endless_step() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    n = record(page, 0).count
    while n < 4:
        pass
"""
    assert run(text) == snapshot("""\
endless_step at s.py:2 in main(): a loop in this step does not end
  main:3: n = record(page, 0).count\
""")


def test_guarded_field_without_its_lock() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    record(page, 0).count = 0
    record(page, 0).index = 1
"""
    assert run(text) == snapshot("""\
guarded_field at s.py:4 in main(): page.index is written without lock
  main:3: record(page, 0).count = 0\
""")


def test_guarded_field_with_its_lock() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    p = record(page, 0)
    spin_lock(p.lock)
    p.index = p.index + 1
    spin_unlock(p.lock)

@task(cpu=2)
def rival() -> None:
    p = record(page, 0)
    spin_lock(p.lock)
    p.index = p.index + 1
    spin_unlock(p.lock)
"""
    assert run(text) == snapshot("holds")


def test_guarded_field_with_the_lock_of_another_record() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    spin_lock(record(page, 1).lock)
    x = record(page, 0).index
    spin_unlock(record(page, 1).lock)
"""
    assert run(text) == snapshot("""\
guarded_field at s.py:4 in main(): page.index is read without lock
  main:39: with atomic():\
""")


def test_guarded_field_read_as_a_reader() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    p = record(page, 0)
    with atomic():
        wait_until(p.sem.owner == 0)
        p.sem.readers = p.sem.readers | (1 << this_task())
    x = p.size
    with atomic():
        p.sem.readers = p.sem.readers & ~(1 << this_task())
"""
    assert run(text) == snapshot("holds")


def test_guarded_field_written_as_a_reader() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    p = record(page, 0)
    with atomic():
        wait_until(p.sem.owner == 0)
        p.sem.readers = p.sem.readers | (1 << this_task())
    p.size = 1
"""
    assert run(text) == snapshot("""\
guarded_field at s.py:7 in main(): page.size is written without sem
  main:4: with atomic():\
""")


def test_field_of_another_task() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    record(page, this_task()).mine = 1
    record(page, 1 - this_task()).mine = 1
"""
    assert run(text) == snapshot("""\
guarded_field at s.py:4 in main(): page.mine belongs to another task
  main:2: def main() -> None:\
""")


def test_lock_released_by_another() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    spin_unlock(record(page, 0).lock)
"""
    assert run(text) == snapshot("""\
lock_misuse at s.py:43 in spin_unlock(): lock.owner == this_task() + 1
  main:42: with atomic():\
""")


def test_violation_by_name() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    if record(page, 0).count == 0:
        violation("leak")
"""
    assert run(text) == snapshot("""\
leak at s.py:4 in main(): violation('leak')
  main:3: if record(page, 0).count == 0:\
""")


def test_deadlock() -> None:
    text = """
def take(first: Ref[page], second: Ref[page]) -> None:
    spin_lock(first.lock)
    spin_lock(second.lock)
    spin_unlock(second.lock)
    spin_unlock(first.lock)

@task(cpu=0)
def main() -> None:
    take(record(page, 0), record(page, 1))

@task(cpu=2)
def rival() -> None:
    take(record(page, 1), record(page, 0))
"""
    assert run(text) == snapshot("""\
deadlock at s.py:8 in main(): no kernel, interrupt or device task can move
  other:59: with atomic():
  rival:47: with atomic():
  main:47: with atomic():\
""")


def test_deadlock_beside_a_user_that_can_always_move() -> None:
    text = """
@task(cpu=0)
def main() -> None:
    wait_until(record(page, 0).count == 3)

@task(cpu=2, kind="user")
def user() -> None:
    while True:
        rest()
        with atomic():
            record(page, 1).count = record(page, 1).count ^ 1
"""
    assert run(text) == snapshot("""\
deadlock at s.py:2 in main(): no kernel, interrupt or device task can move
  other:56: with atomic():\
""")


def test_setup_leads_to_a_violation() -> None:
    text = """
@setup(cpu=0)
def before() -> None:
    record(page, 0).slots[0] = 2

@task(cpu=0)
def main() -> None:
    assert record(page, 0).count != 2
"""
    assert run(text) == snapshot("""\
assertion at s.py:7 in main(): record(page, 0).count != 2
  other:53: with atomic():
  main:7: assert record(page, 0).count != 2\
""")
