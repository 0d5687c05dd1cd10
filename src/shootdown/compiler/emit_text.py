# SPDX-License-Identifier: MIT
"""LLVM text as it grows: instructions, registers, and what the context has.

The text names no data: coverage and tables of numbers are found through the context. So the
machine code has nothing to be linked with, and may be made for the small code model, in which
LLVM is fastest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shootdown.compiler.mir import Operand, Reg

__all__ = [
    "ARGUMENTS",
    "BACK",
    "BLOCKED",
    "BROKEN",
    "CALL",
    "CONTEXT_WORDS",
    "COVERAGE",
    "DONE",
    "ERROR",
    "FUEL_LEFT",
    "PLACES",
    "RESULT",
    "STATUS_BITS",
    "STEP_FUEL",
    "TABLES",
    "TAKEN",
    "WAITING",
    "Tables",
    "Text",
    "is_number",
]

BLOCKED, DONE, BROKEN, CALL = 0, 1, 2, 3
STATUS_BITS = 2
ERROR, FUEL_LEFT, BACK, RESULT, TAKEN, COVERAGE, TABLES, PLACES, ARGUMENTS = range(9)
CONTEXT_WORDS = 32
STEP_FUEL = 100_000
WAITING = -1
"""In the context word `ERROR`: the step is not possible."""


class Tables:
    """Rows of numbers that a program looks up, one behind the other."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.known: dict[tuple[int, ...], int] = {}

    def row(self, numbers: Iterable[int]) -> int:
        """Return where a row begins; equal rows are one."""
        key = tuple(numbers)
        if key not in self.known:
            self.known[key] = len(self.numbers)
            self.numbers.extend(key)
        return self.known[key]


class Text:
    """The text of one function so far, and where its registers are.

    Registers that live in one block only are LLVM values. Others are in memory; `recent` has what
    is known of them on the way through a block. `sums` are registers that were not computed yet:
    what they add to another value.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.memory: dict[Reg, str] = {}
        self.lines: list[str] = []
        self.count = 0
        self.labels = 0
        self.values: dict[Reg, str] = {}
        self.recent: dict[Reg, str] = {}
        self.sums: dict[Reg, tuple[str, int]] = {}
        self.bits: set[str] = set()
        self.bit_of: dict[str, str] = {}
        self.word_of: dict[str, str] = {}
        self.entered: dict[str, int] = {}
        self.pointers: dict[tuple[str, int], str] = {}

    def first_lines(self) -> list[str]:
        """Return what finds the tables and bytes that the function uses."""
        lines: list[str] = []
        for name, word in self.entered.items():
            lines.append(f"  {name}_at = getelementptr i64, ptr %ctx, i64 {word}")
            lines.append(f"  {name} = load ptr, ptr {name}_at")
        return lines

    def given(self, name: str, word: int) -> str:
        """Return a pointer that the context has."""
        self.entered[name] = word
        return name

    def looked_up(self, numbers: Sequence[int], index: str) -> str:
        """Return an entry of a row of numbers."""
        row = self.tables.row(numbers)
        place = index
        if row:
            place = (
                str(int(index) + row) if index.isdigit() else self.calc(f"add i64 {index}, {row}")
            )
        base = self.given("%tables", TABLES)
        return self.calc(
            f"load i64, ptr {self.calc(f'getelementptr i64, ptr {base}, i64 {place}')}"
        )

    def out(self, line: str) -> None:
        """Append an instruction."""
        self.lines.append("  " + line)

    def calc(self, text: str) -> str:
        """Append an instruction that gives a value, and return its name."""
        self.count += 1
        name = f"%{self.count}"
        self.lines.append(f"  {name} = {text}")
        return name

    def label(self) -> str:
        """Return a new label."""
        self.labels += 1
        return f"k{self.labels}"

    def start(self, label: str) -> None:
        """Begin a block that other ways lead to, too: nothing is known there of registers."""
        self.recent.clear()
        self.go_on(label)

    def go_on(self, label: str) -> None:
        """Begin a block that only the lines before lead to."""
        self.lines.append(f"{label}:")
        self.pointers.clear()

    def word(self, base: str, number: int) -> str:
        """Return a pointer to a word behind `base`, made once in a block."""
        if number == 0:
            return base
        key = (base, number)
        if key not in self.pointers:
            self.pointers[key] = self.calc(f"getelementptr i64, ptr {base}, i64 {number}")
        return self.pointers[key]

    def context(self, word: int) -> str:
        """Return a pointer to a word of the context."""
        return self.word("%ctx", word)

    def load_context(self, word: int) -> str:
        """Return a word of the context."""
        return self.calc(f"load i64, ptr {self.context(word)}")

    def store_context(self, word: int, value: str) -> None:
        """Set a word of the context."""
        self.out(f"store i64 {value}, ptr {self.context(word)}")

    # Registers

    def set(self, reg: Reg, value: str) -> None:
        """Give a register a value."""
        if reg in self.memory:
            value = self._as_word(value)
            self.out(f"store i64 {value}, ptr {self.memory[reg]}")
            self.recent[reg] = value
        else:
            self.values[reg] = value

    def get(self, operand: Operand) -> str:
        """Return the text of an operand's value."""
        if isinstance(operand, int):
            return str(operand)
        if operand in self.memory:
            if operand not in self.recent:
                self.recent[operand] = self.calc(f"load i64, ptr {self.memory[operand]}")
            return self.recent[operand]
        if operand in self.sums:
            value, more = self.sums.pop(operand)
            self.values[operand] = self.plus(value, more)
        return self._as_word(self.values.get(operand, "0"))

    def get_sum(self, operand: Operand) -> tuple[str, int]:
        """Return an operand as a value and what to add to it."""
        if isinstance(operand, Reg) and operand in self.sums:
            return self.sums[operand]
        return self.get(operand), 0

    def plus(self, value: str, more: int) -> str:
        """Return a value and a number added up."""
        return self.calc(f"add i64 {value}, {more}") if more else value

    def _as_word(self, value: str) -> str:
        if value not in self.bits:
            return value
        if value not in self.word_of:
            self.word_of[value] = self.calc(f"zext i1 {value} to i64")
            self.bit_of[self.word_of[value]] = value
        return self.word_of[value]

    def truth(self, operand: Operand) -> str:
        """Return a bit that says whether an operand is not 0."""
        value = self.values.get(operand, "") if isinstance(operand, Reg) else ""
        if value not in self.bits:
            value = self.get(operand)
            value = self.bit_of.get(value, value)
        if value in self.bits:
            return value
        if is_number(value):
            return "true" if int(value) else "false"
        return self.calc(f"icmp ne i64 {value}, 0")


def is_number(value: str) -> bool:
    """Tell whether the text of a value is a number."""
    return value.lstrip("-").isdigit()
