# SPDX-License-Identifier: MIT
"""The native explorer: breadth-first, exact, driven from Python in chunks.

The machine code of a program and the search loop around it are loaded together; Python hands out
chunks of states, watches limits, grows the table, and ends levels.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from shootdown.compiler.artifact import Artifact
from shootdown.compiler.emit_text import BROKEN, CONTEXT_WORDS, COVERAGE, DONE, PLACES, TABLES
from shootdown.compiler.llvm import Native
from shootdown.compiler.raw import raw_text
from shootdown.execution import INTERRUPTED
from shootdown.explore.memory import arena, table

__all__ = [
    "AT_END",
    "STUCK",
    "Context",
    "Faster",
    "Limits",
    "Note",
    "Outcome",
    "Progress",
    "Search",
    "loop_text",
]

INDEX_BITS = 34
"""Bits of a state's number in the table; what the hash gets limits the table's size."""
FIRST_SLOTS = 1 << 14
MOST_SLOTS = 1 << (64 - INDEX_BITS)
MOST_ASIDE = 1 << 16
BATCH = 48
MOST_FOUND = 4096
CHUNK = 4096
AT_END = 1 << 20
"""In a note: the state itself breaks an invariant that is judged at the end."""
STUCK = AT_END + 1
"""In a note: nobody can make progress in the state."""

WORDS_OF_X = (
    "ARENA", "TABLE", "ASIDE", "SHIFT", "HEAD", "TAIL", "ROOM", "TRANSITIONS", "FOUND", "NOTES",
    "ENDS", "UNPACKED", "WORKING", "CONTEXT", "BATCH", "WAYS", "RESTS", "WRITES_FIRST",
    "COSTS", "ORIGINS",
)  # fmt: skip
PROGRAM = {"step": "piiip", "final": "pp"}
"""The functions of the program that the loop calls."""
DECLARATIONS = [
    f"declare i32 @{name}({', '.join('ptr' if kind == 'p' else 'i64' for kind in kinds)})"
    for name, kinds in PROGRAM.items()
]
X = {name: position for position, name in enumerate(WORDS_OF_X)}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a search may use: states, bytes of memory, seconds; None is no limit."""

    states: int | None = None
    memory: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come."""

    states: int
    expanded: int
    depth: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Note:
    """A violation: of a step of `task` from state `state`, or of that state itself."""

    state: int
    task: int
    choice: int
    site: int


@dataclass(frozen=True, slots=True)
class Faster:
    """Better machine code for a search that has taken some time, and how to make it."""

    after_s: float
    make: Callable[[], Native]


@dataclass(slots=True)
class Outcome:
    """What a search found. `levels` are the numbers of the first state of each depth."""

    states: int = 0
    transitions: int = 0
    depth: int = 0
    ends: int = 0
    complete: bool = False
    reason: str = ""
    bytes_used: int = 0
    notes: list[Note] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)


def loop_text(artifact: Artifact, *, alone: bool = True) -> str:
    """Return the LLVM text of the search loop for states of the artifact's shape.

    If it does not stand alone, the program's text stands before it.
    """
    source = resources.files("shootdown.explore").joinpath("search.py").read_text("utf-8")
    constants = {
        **X,
        "WIDTH": artifact.stored_words,
        "WORDS": len(artifact.used),
        "TASKS": len(artifact.tasks),
        "BASES": artifact.bases,
        "FREE": [int(task.is_free) for task in artifact.tasks],
        "PLACE_MASK": 2**artifact.pc_width - 1,
        "SLOT": artifact.stored_words + 1,
        "BATCH_SIZE": BATCH,
        "MOST_FOUND": MOST_FOUND,
        "MOST_ASIDE": MOST_ASIDE,
        "MOST_SUCCESSORS": artifact.most_successors,
        "INDEX_BITS": INDEX_BITS,
        "INDEX_MASK": 2**INDEX_BITS - 1,
        "AT_END": AT_END,
        "STUCK": STUCK,
        "BROKEN": BROKEN,
        "DONE": DONE,
    }
    exported = {"expand", "spread", "relax", "hash_of", "insert", "unpack", "pack", "find"}
    text = raw_text([source, _packing(artifact.used)], constants, PROGRAM, exported)
    return "\n".join([*DECLARATIONS, text]) if alone else text


def _packing(used: list[int]) -> str:
    """Return the functions that turn working words into a stored state and back."""
    pack, unpack = ["\ndef pack(W, p):"], ["\ndef unpack(p, W):"]
    parts: dict[int, list[str]] = {}
    position = 0
    for number, bits in enumerate(used):
        word, shift = divmod(position, 64)
        mask = 2**bits - 1 if bits < 64 else 0
        pieces = [f"(p[{word}] >> {shift})"] if bits else ["0"]
        if bits:
            parts.setdefault(word, []).append(f"(W[{number}] << {shift})")
        if shift + bits > 64:
            parts.setdefault(word + 1, []).append(f"(W[{number}] >> {64 - shift})")
            pieces.append(f"(p[{word + 1}] << {64 - shift})")
        joined = " | ".join(pieces)
        unpack.append(
            f"    W[{number}] = ({joined}) & {mask}" if mask else f"    W[{number}] = {joined}"
        )
        position += bits
    words = range(max(1, (position + 63) // 64))
    pack += [f"    p[{word}] = {' | '.join(parts.get(word, ['0']))}" for word in words]
    return "\n".join([*pack, "    return 0", *unpack, "    return 0", ""])


class Context:
    """What the functions of a program find outside of the state, and leave there.

    `words` is the record whose address they are given, `coverage` a byte for each block that tells
    when it runs.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.words = np.zeros(CONTEXT_WORDS, np.int64)
        self.coverage = np.zeros(len(artifact.lines) + 1, np.uint8)
        self.tables = np.array([*artifact.tables, 0], np.int64)
        self.words[COVERAGE] = self.coverage.ctypes.data
        self.words[TABLES] = self.tables.ctypes.data

    def use(self, native: Native) -> None:
        """Let the functions of some machine code find each other."""
        self.words[PLACES] = native.variable("places")


class Search:
    """One exploration of one program. `native` has the program and the loop.

    All searches use the same memory, so a search is over when the next begins.
    """

    def __init__(self, artifact: Artifact, native: Native, initial: list[int]) -> None:
        self.artifact = artifact
        self.width = artifact.stored_words
        self.natives = [native]
        self.context = Context(artifact)
        self._bind(native)
        self.arena = arena()
        self.table = table(8 * MOST_SLOTS)
        self.x = np.zeros(len(WORDS_OF_X), np.int64)
        self.kept: list[NDArray[np.generic]] = []
        self.notes = self._array(MOST_FOUND * 4)
        self._point("NOTES", self.notes)
        self._point("UNPACKED", self._array(len(artifact.used) + 8))
        self._point("WORKING", self._array(len(artifact.used) + 8))
        self._point("CONTEXT", self.context.words)
        self._point("BATCH", self._array((BATCH + 1) * (self.width + 1)))
        self._point("WAYS", np.array(artifact.ways, np.int64))
        self._point("RESTS", np.array(artifact.rests, np.int64))
        self._point("WRITES_FIRST", np.array(artifact.writes_first, np.int64))
        self.x[X["ARENA"]] = self.arena.address
        self.x[X["TABLE"]] = self.table.address
        self._point("ASIDE", self._array(MOST_ASIDE))
        self._use(FIRST_SLOTS)
        self._insert(initial)

    def _bind(self, native: Native) -> None:
        two = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 2)
        three = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)
        self.expand = two(native.address("expand"))
        self.spread = two(native.address("spread"))
        self.relax = three(native.address("relax"))
        self.context.use(native)

    def _use(self, slots: int) -> None:
        self.slots = slots
        self.x[X["SHIFT"]] = 65 - slots.bit_length()
        self.x[X["ROOM"]] = slots * 13 // 16

    def _array(self, size: int) -> NDArray[np.int64]:
        return np.zeros(size, np.int64)

    def _point(self, name: str, array: NDArray[np.generic]) -> None:
        self.kept.append(array)
        self.x[X[name]] = array.ctypes.data

    def _insert(self, packed: list[int]) -> None:
        words = np.array(packed, np.uint64)
        one = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
        three = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)
        hash_of = one(self.natives[0].address("hash_of"))(words.ctypes.data)
        three(self.natives[0].address("insert"))(self.x.ctypes.data, words.ctypes.data, hash_of)

    def get(self, name: str) -> int:
        """Return a word of the search's record."""
        return int(self.x[X[name]])

    @property
    def bytes_used(self) -> int:
        """Memory of the states and of the table."""
        return self.get("TAIL") * self.width * 8 + self.slots * 8

    def state(self, number: int) -> tuple[int, ...]:
        """Return a packed state by its number."""
        kind = ctypes.c_uint64 * self.width
        return tuple(kind.from_address(self.arena.address + number * self.width * 8))

    def _grow(self) -> None:
        self._use(self.slots * 2)
        done = self.spread(self.x.ctypes.data, self.slots // 2)
        assert done, "hashes do not spread over the table"

    def run(
        self,
        limits: Limits,
        *,
        clock: Callable[[], float],
        progress: Callable[[Progress], None] | None = None,
        faster: Faster | None = None,
    ) -> Outcome:
        """Explore until all is seen, a level has a violation, or a limit is reached.

        If it takes long, it goes on in faster machine code.
        """
        outcome = Outcome(levels=[0, 1])
        start = clock()
        try:
            self._levels(outcome, limits, start, clock, progress, faster)
        except KeyboardInterrupt:
            outcome.reason = INTERRUPTED
        outcome.states = self.get("TAIL")
        outcome.transitions = self.get("TRANSITIONS")
        outcome.ends = self.get("ENDS")
        outcome.bytes_used = self.bytes_used
        outcome.notes = [
            Note(*(int(n) for n in self.notes[4 * k : 4 * k + 4]))
            for k in range(min(self.get("FOUND"), MOST_FOUND))
        ]
        return outcome

    def _levels(
        self,
        outcome: Outcome,
        limits: Limits,
        start: float,
        clock: Callable[[], float],
        progress: Callable[[Progress], None] | None,
        faster: Faster | None,
    ) -> None:
        while True:
            end = outcome.levels[-1]
            while self.get("HEAD") < end:
                self.expand(self.x.ctypes.data, min(CHUNK, end - self.get("HEAD")))
                room = self.get("ROOM") - self.artifact.most_successors - BATCH
                if self.get("TAIL") >= room:
                    if 16 * self.slots > self.table.size:
                        outcome.reason = f"more than {room:,} states"
                        return
                    self._grow()
                now = clock() - start
                outcome.reason = self._limit(limits, now)
                if outcome.reason:
                    return
                if faster is not None and now > faster.after_s:
                    self.natives.append(faster.make())
                    self._bind(self.natives[-1])
                    faster = None
                if progress is not None:
                    progress(Progress(self.get("TAIL"), self.get("HEAD"), outcome.depth, now))
            if self.get("FOUND") or self.get("TAIL") == end:
                outcome.complete = not self.get("FOUND")
                return
            outcome.depth += 1
            outcome.levels.append(self.get("TAIL"))

    def _limit(self, limits: Limits, seconds: float) -> str:
        if limits.states is not None and self.get("TAIL") > limits.states:
            return f"more than {limits.states:,} states"
        if limits.memory is not None and self.bytes_used > limits.memory:
            return f"more than {limits.memory:,} bytes"
        if limits.seconds is not None and seconds > limits.seconds:
            return f"more than {limits.seconds:g} seconds"
        return ""
