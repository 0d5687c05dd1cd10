# SPDX-License-Identifier: MIT
"""LLVM text for a whole program. `llvm.py` compiles it; nothing here needs LLVM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shootdown.compiler.emit_function import FunctionEmitter, Unit
from shootdown.compiler.emit_text import (
    BLOCKED,
    BROKEN,
    CALL,
    DONE,
    FUEL_LEFT,
    PLACES,
    STATUS_BITS,
    STEP_FUEL,
    TABLES,
    TAKEN,
    Tables,
)
from shootdown.compiler.mir import Call, Check, Code, Wait

__all__ = ["Emitted", "emit"]


@dataclass(frozen=True, slots=True)
class Emitted:
    """The LLVM text of a program, and the numbers that it looks up.

    It exports `step(words, task, choice, place, context)`, `final(words, context)` and `places`,
    the functions to go on with, by place.
    """

    text: str
    tables: list[int]


def emit(unit: Unit, *, is_thorough: bool = False) -> Emitted:
    """Return the LLVM text of a program: one that compiles fast, or one for fast code."""
    names = {code: f"f{number}" for number, code in enumerate(unit.codes)}
    fallible = _fallible(unit.codes)
    tables = Tables()
    parts = [
        FunctionEmitter(unit, code, names, fallible, tables, is_thorough=is_thorough).text()
        for code in unit.codes
    ]
    parts += [_step(unit, names, tables), _final(unit, names), _places(unit, names)]
    return Emitted("\n".join(parts), tables.numbers)


def _has_loop(code: Code) -> bool:
    return any(s.number <= block.number for block in code.blocks for s in block.successors)


def _fallible(codes: Iterable[Code]) -> set[Code]:
    everything = list(codes)
    found = {
        code
        for code in everything
        if _has_loop(code)
        or any(isinstance(i, Check | Wait) for block in code.blocks for i in block.body)
    }
    changed = True
    while changed:
        changed = False
        for code in everything:
            calls = (i.callee for block in code.blocks for i in block.body if isinstance(i, Call))
            if code not in found and any(callee in found for callee in calls):
                found.add(code)
                changed = True
    return found


def _places(unit: Unit, names: dict[Code, str]) -> str:
    owner: dict[int, Code] = {}
    for code, frame in unit.layout.frames.items():
        for block in (code.entry, *frame.live):
            owner[unit.layout.numbers[block]] = code
    top = max(unit.layout.numbers.values(), default=0)
    entries = [f"ptr @{names[owner[n]]}" if n in owner else "ptr null" for n in range(top + 1)]
    return f"@places = constant [{top + 1} x ptr] [{', '.join(entries)}]"


def _step(unit: Unit, names: dict[Code, str], tables: Tables) -> str:
    gate = next((code for code in unit.gates if code is not None), None)
    lines = [
        "define i32 @step(ptr %W, i64 %task, i64 %choice, i64 %place, ptr %ctx) nounwind {",
        "start:",
        f"  %given = getelementptr i64, ptr %ctx, i64 {TABLES}",
        "  %tables = load ptr, ptr %given",
        f"  %row = getelementptr i64, ptr %tables, i64 {tables.row(unit.layout.bases)}",
        "  %bp = getelementptr i64, ptr %row, i64 %task",
        "  %base = load i64, ptr %bp",
        "  %F = getelementptr i64, ptr %W, i64 %base",
        "  store i64 0, ptr %ctx",
        f"  %fuel = getelementptr i64, ptr %ctx, i64 {FUEL_LEFT}",
        f"  store i64 {STEP_FUEL}, ptr %fuel",
        f"  %taken = getelementptr i64, ptr %ctx, i64 {TAKEN}",
        "  store i64 0, ptr %taken",
        f"  %pp = getelementptr i64, ptr %ctx, i64 {PLACES}",
        "  %places = load ptr, ptr %pp",
    ]
    if gate is not None:
        gated = tables.row([int(gate is not None) for gate in unit.gates])
        lines += [
            f"  %gates = getelementptr i64, ptr %tables, i64 {gated}",
            "  %gp = getelementptr i64, ptr %gates, i64 %task",
            "  %gated = load i64, ptr %gp",
            "  %has = icmp ne i64 %gated, 0",
            "  br i1 %has, label %ask, label %go",
            "ask:",
            f"  %may = call i64 @{names[gate]}(ptr %W, i64 %task, i64 %choice, ptr %ctx)",
            "  %failed = load i64, ptr %ctx",
            "  %fine = icmp eq i64 %failed, 0",
            "  br i1 %fine, label %asked, label %broke",
            "broke:",
            f"  ret i32 {BROKEN}",
            "asked:",
            "  %open = icmp ne i64 %may, 0",
            "  br i1 %open, label %go, label %shut",
            "shut:",
            f"  ret i32 {BLOCKED}",
        ]
        origin = "[ %place, %start ], [ %place, %asked ]"
    else:
        lines += ["  br label %go"]
        origin = "[ %place, %start ]"
    lines += [
        "go:",
        f"  %at = phi i64 {origin}, [ %next, %again ]",
        "  %tp = getelementptr ptr, ptr %places, i64 %at",
        "  %fn = load ptr, ptr %tp",
        "  %st = call i32 %fn(ptr %W, ptr %F, i64 %task, i64 %choice, i64 %at, ptr %ctx)",
        f"  %kind = and i32 %st, {2**STATUS_BITS - 1}",
        f"  %more = icmp eq i32 %kind, {CALL}",
        "  br i1 %more, label %again, label %end",
        "again:",
        f"  %following = lshr i32 %st, {STATUS_BITS}",
        "  %next = zext i32 %following to i64",
        "  br label %go",
        "end:",
        "  ret i32 %st",
        "}",
    ]
    return "\n".join(lines)


def _final(unit: Unit, names: dict[Code, str]) -> str:
    lines = [
        "define i32 @final(ptr %W, ptr %ctx) nounwind {",
        "  store i64 0, ptr %ctx",
        f"  %fuel = getelementptr i64, ptr %ctx, i64 {FUEL_LEFT}",
        f"  store i64 {STEP_FUEL}, ptr %fuel",
    ]
    for number, code in enumerate(unit.conditions):
        lines += [
            f"  %q{number} = call i64 @{names[code]}(ptr %W, i64 0, i64 0, ptr %ctx)",
            f"  %b{number} = icmp ne i64 %q{number}, 0",
            f"  br i1 %b{number}, label %c{number}, label %busy",
            f"c{number}:",
        ]
    for number, code in enumerate(unit.finals):
        lines += [
            f"  %r{number} = call i64 @{names[code]}(ptr %W, i64 0, i64 0, ptr %ctx)",
            f"  %e{number} = load i64, ptr %ctx",
            f"  %g{number} = icmp eq i64 %e{number}, 0",
            f"  br i1 %g{number}, label %d{number}, label %bad",
            f"d{number}:",
        ]
    lines += [f"  ret i32 {DONE}"]
    if unit.conditions:
        lines += ["busy:", f"  ret i32 {BLOCKED}"]
    if unit.finals:
        lines += ["bad:", f"  ret i32 {BROKEN}"]
    return "\n".join([*lines, "}"])
