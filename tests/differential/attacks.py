# SPDX-License-Identifier: MIT
"""Programs made to be judged wrongly by reductions: each has a race that a careless one hides.

Every program has two tasks that meet in `obj`; the race shows only if they switch at a place which
a reduction would like to skip.
"""

from __future__ import annotations

__all__ = ["ATTACKS"]

HEAD = """
NAME = "attack"
@struct
class lock_t:
    owner: Annotated[int, upto(NR_TASKS)]
    readers: Annotated[int, bits(NR_TASKS)]
@struct(count=1)
class obj:
    lock: lock_t
    other: lock_t
    g: u8 = guarded_by("lock")
    h: u8 = guarded_by("lock")
    a: u8
    b: u8
    mine: u8
@event
def looked() -> None:
    "Tell."
@kernel
def take(o: Ref[obj]) -> None:
    with atomic():
        wait_until(o.lock.owner == 0)
        wait_until(o.lock.readers == 0)
        o.lock.owner = this_task() + 1
@kernel
def give(o: Ref[obj]) -> None:
    with atomic():
        check(o.lock.owner == this_task() + 1, "misuse")
        o.lock.owner = 0
"""

WRITER = """
@task(cpu=0)
def writer() -> None:
    o = record(obj, 0)
    take(o)
    o.a = 1
    o.a = 2
    give(o)
"""

KEEPER = """
@task(cpu=0)
def keeper() -> None:
    o = record(obj, 0)
    take(o)
    o.g = 1
    o.g = 2
    give(o)
"""

ATTACKS: dict[str, str] = {
    # A lock word is read by a racy load whose value is used later.
    "lock read in passing": WRITER
    + """
@task(cpu=1)
def passer() -> None:
    o = record(obj, 0)
    busy = o.lock.owner
    x = o.a
    check(busy == 0 or x != 0, "held_and_idle")
""",
    # The same in a function that an atomic block calls.
    "lock read by a callee": WRITER
    + """
@kernel
def is_locked(o: Ref[obj]) -> Bool:
    return o.lock.owner != 0
@task(cpu=1)
def passer() -> None:
    o = record(obj, 0)
    with atomic():
        busy = is_locked(o)
    x = o.a
    check(not busy or x != 0, "held_and_idle")
""",
    # The same in a monitor.
    "lock read by a monitor": WRITER
    + """
@on(looked)
def judge() -> None:
    check(record(obj, 0).lock.owner == 0 or record(obj, 0).a != 0, "held_and_idle")
@task(cpu=1)
def passer() -> None:
    with atomic():
        looked()
""",
    # What was seen when the lock was taken decides a branch two steps later.
    "lock remembered": """
@kernel
def share(o: Ref[obj]) -> None:
    with atomic():
        wait_until(o.lock.owner == 0)
        o.lock.readers = o.lock.readers | (1 << this_task())
@kernel
def unshare(o: Ref[obj]) -> None:
    with atomic():
        check((o.lock.readers >> this_task()) & 1 == 1, "misuse")
        o.lock.readers = o.lock.readers & ~(1 << this_task())
@task(cpu=0)
def second() -> None:
    o = record(obj, 0)
    with atomic():
        was = o.lock.readers
        wait_until(o.lock.owner == 0)
        o.lock.readers = o.lock.readers | (1 << this_task())
    x = o.a
    if was:
        check(x == 1, "early")
    unshare(o)
@task(cpu=1)
def first() -> None:
    o = record(obj, 0)
    share(o)
    o.a = 1
    unshare(o)
""",
    # One lock is waited for, another taken.
    "wrong lock": """
@task(cpu=0)
def taker() -> None:
    o = record(obj, 0)
    with atomic():
        wait_until(o.other.owner == 0)
        o.lock.owner = this_task() + 1
    x = o.a
    give(o)
@task(cpu=1)
def owner() -> None:
    o = record(obj, 0)
    take(o)
    o.b = o.b + 1
    give(o)
""",
    # The writer does not wait for readers: both hold the lock.
    "readers forgotten": """
@task(cpu=0)
def writer() -> None:
    o = record(obj, 0)
    with atomic():
        wait_until(o.lock.owner == 0)
        o.lock.owner = this_task() + 1
    o.g = 1
    o.h = 1
    give(o)
@task(cpu=1)
def reader() -> None:
    o = record(obj, 0)
    with atomic():
        wait_until(o.lock.owner == 0)
        o.lock.readers = o.lock.readers | (1 << this_task())
    x = o.g
    y = o.h
    check(x == y, "torn")
    with atomic():
        check((o.lock.readers >> this_task()) & 1 == 1, "misuse")
        o.lock.readers = o.lock.readers & ~(1 << this_task())
""",
    # A stranger gives the lock back, and nobody checks.
    "stolen lock": KEEPER
    + """
@task(cpu=1)
def thief() -> None:
    o = record(obj, 0)
    with atomic():
        o.lock.owner = 0
    take(o)
    check(o.g != 1, "torn")
    give(o)
""",
    # As before; an event tells it, but no monitor listens.
    "theft told to nobody": """
@event
def released(owned: Bool) -> None:
    "Tell."
@kernel
def drop(o: Ref[obj]) -> None:
    with atomic():
        released(o.lock.owner == this_task() + 1)
        o.lock.owner = 0
@task(cpu=0)
def keeper() -> None:
    o = record(obj, 0)
    take(o)
    o.g = 1
    o.g = 2
    drop(o)
@task(cpu=1)
def thief() -> None:
    o = record(obj, 0)
    drop(o)
    take(o)
    check(o.g != 1, "torn")
    drop(o)
""",
    # The owner is checked on another path than the one that gives back.
    "check on another path": """
@kernel
def drop(o: Ref[obj], careful: Bool) -> None:
    with atomic():
        if careful:
            check(o.lock.owner == this_task() + 1, "misuse")
        o.lock.owner = 0
@task(cpu=0)
def keeper() -> None:
    o = record(obj, 0)
    take(o)
    o.g = 1
    o.g = 2
    drop(o, False)
@task(cpu=1)
def thief() -> None:
    o = record(obj, 0)
    drop(o, False)
    take(o)
    check(o.g != 1, "torn")
    drop(o, False)
""",
    # The wait stands on another path than the one that takes.
    "wait on another path": """
@kernel
def grab(o: Ref[obj], wait: Bool) -> None:
    with atomic():
        if wait:
            wait_until(o.lock.owner == 0)
            wait_until(o.lock.readers == 0)
        o.lock.owner = this_task() + 1
@task(cpu=0)
def keeper() -> None:
    o = record(obj, 0)
    grab(o, True)
    o.g = 1
    o.g = 2
    give(o)
@task(cpu=1)
def grabber() -> None:
    o = record(obj, 0)
    grab(o, False)
    check(o.g != 1, "torn")
    give(o)
""",
    # A monitor looks at what a lock guards, and has no lock.
    "guarded field watched": KEEPER
    + """
@on(looked)
def judge() -> None:
    check(record(obj, 0).g != 1, "half_done")
@task(cpu=1)
def watcher() -> None:
    with atomic():
        looked()
""",
    # The way to the guard changes under its holder.
    "lock exchanged": """
@struct(count=2)
class holder:
    lock: lock_t
@struct(count=1)
class thing:
    to: Ref[holder]
    g: u8 = guarded_by("to.lock")
@setup(cpu=0)
def begin() -> None:
    record(thing, 0).to = record(holder, 0)
@task(cpu=0)
def writer() -> None:
    with atomic():
        record(holder, 0).lock.owner = this_task() + 1
    record(thing, 0).g = 1
    record(thing, 0).g = 2
    with atomic():
        record(holder, 0).lock.owner = 0
@task(cpu=1)
def exchanger() -> None:
    if record(holder, 0).lock.owner == 0:
        return
    with atomic():
        record(holder, 1).lock.owner = this_task() + 1
        record(thing, 0).to = record(holder, 1)
    check(record(thing, 0).g != 1, "torn")
""",
    # A CPU's interrupt and its task share what is the CPU's own.
    "interrupted owner": """
@struct(count=1)
class percpu:
    n: u8 = guarded_by(OWN_CPU)
@hardware_task(on="all", kind="irq")
def handler() -> None:
    while True:
        rest()
        with atomic():
            wait_until(record(percpu, this_cpu()).n == 0)
            record(percpu, this_cpu()).n = 5
@task(cpu=0)
def owner() -> None:
    x = record(percpu, this_cpu()).n
    check(record(percpu, this_cpu()).n == x, "changed")
""",
    # An event outside of atomic blocks, behind an access that only its task makes.
    "late event": """
@on(looked)
def judge() -> None:
    check(record(obj, 0).b == 0, "changed")
@task(cpu=0)
def teller() -> None:
    o = record(obj, 0)
    if o.a == 1:
        return
    o.mine = o.mine + 1
    looked()
@task(cpu=1)
def changer() -> None:
    o = record(obj, 0)
    while o.a == 0:
        o.a = 1
    o.b = 1
""",
    # A gate reads what only one task writes.
    "closed gate": """
@gate
def may_run() -> Bool:
    return this_task() == 0 or record(obj, 0).mine == 0
@task(cpu=0)
def closer() -> None:
    o = record(obj, 0)
    o.mine = 1
    o.a = 1
    o.mine = 0
    o.mine = 1
    o.a = 2
    o.mine = 0
@task(cpu=1)
def other() -> None:
    check(record(obj, 0).a != 1, "open")
""",
}
ATTACKS = {name: HEAD + text for name, text in ATTACKS.items()}
