# SPDX-License-Identifier: MIT
"""What small texts of model code stand on: a few records, functions and a task."""

from __future__ import annotations

from tests.programs import messages

__all__ = ["said"]

REST = """
NAME = "test"
ROOM = 3
small = Annotated[int, upto(ROOM)]

class colour(IntEnum):
    RED = 0
    BLUE = 1

@struct
class spinlock_t:
    owner: Annotated[int, upto(NR_TASKS)]

@struct(count=2)
class page:
    count: small
    colour: colour
    dirty: Bool
    next: Ref[page]
    slots: Array[small] = array(4)
    lock: spinlock_t
    index: small = guarded_by("lock")

@struct(count=2, alloc=True)
class buffer:
    size: small

@struct
class gather:
    pages: small
    link: Ref[gather]

@value(count=4)
class pte_t:
    present: Bool
    pfn: small

@value
class pair_t:
    a: Bool

def helper(count: small) -> small:
    return count

def nothing() -> None:
    pass

@task(cpu=0)
def main() -> None:
    pass
"""


def said(text: str) -> str:
    """Return what the compiler says about a text, which may use the names of `REST`."""
    return messages(text, REST)
