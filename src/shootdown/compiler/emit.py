# SPDX-License-Identifier: MIT
"""LLVM text for a whole program. `llvm.py` compiles it; nothing here needs LLVM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shootdown.compiler.emit_function import (
    BLOCKED,
    BROKEN,
    CALL,
    DONE,
    FUEL_LEFT,
    NEXT,
    STEP_FUEL,
    TAKEN,
    FunctionEmitter,
    Unit,
    constant_name,
)
from shootdown.compiler.mir import Call, Check, Code, Load, Wait
from shootdown.compiler.types import Field

__all__ = ["emit"]


def emit(unit: Unit) -> str:
    """Return the LLVM text of a program.

    It exports `step(words, task, choice, place, context)` and `final(words, context)`.
    """
    names = {code: f"f{number}" for number, code in enumerate(unit.codes)}
    fallible = _fallible(unit.codes)
    parts = [_tables(unit, names)]
    parts += [FunctionEmitter(unit, code, names, fallible).text() for code in unit.codes]
    parts.append(_step(unit, names))
    parts.append(_final(unit, names))
    return "\n".join(parts)


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


def _array(name: str, numbers: Sequence[int]) -> str:
    parts = ", ".join(f"i64 {number}" for number in numbers)
    return f"@{name} = internal constant [{len(numbers)} x i64] [{parts}]"


def _tables(unit: Unit, names: dict[Code, str]) -> str:
    layout = unit.layout
    lines = [
        _array("cpus", unit.cpus),
        _array("bases", layout.bases),
        f"@cov = global [{max(1, len(unit.coverage))} x i8] zeroinitializer",
        _array("gated", [int(gate is not None) for gate in unit.gates]),
    ]
    for (code, slot), numbers in unit.locals.items():
        if code in names:
            lines.append(_array(f"l{names[code]}_{slot}", [n + 1 for n in numbers]))
    owner: dict[int, Code] = {}
    for code, frame in layout.frames.items():
        for block in (code.entry, *frame.live):
            owner[layout.numbers[block]] = code
        if len(frame.sites) > 1:
            lines.append(_array(f"r{names[code]}", [layout.numbers[b] for _, b in frame.sites]))
    top = max(layout.numbers.values(), default=0)
    entries = [f"ptr @{names[owner[n]]}" if n in owner else "ptr null" for n in range(top + 1)]
    lines.append(f"@places = internal constant [{top + 1} x ptr] [{', '.join(entries)}]")
    seen: set[Field] = set()
    for code in unit.codes:
        for block in code.blocks:
            for item in block.body:
                if isinstance(item, Load) and item.field.constant and item.field not in seen:
                    seen.add(item.field)
                    if len(set(item.field.constant)) > 1:
                        lines.append(_array(constant_name(item.field), item.field.constant))
    return "\n".join(lines)


def _step(unit: Unit, names: dict[Code, str]) -> str:
    gate = next((code for code in unit.gates if code is not None), None)
    lines = [
        "define i32 @step(ptr %W, i64 %task, i64 %choice, i64 %place, ptr %ctx) {",
        "start:",
        "  %bp = getelementptr i64, ptr @bases, i64 %task",
        "  %base = load i64, ptr %bp",
        "  %F = getelementptr i64, ptr %W, i64 %base",
        "  store i64 0, ptr %ctx",
        f"  %fuel = getelementptr i64, ptr %ctx, i64 {FUEL_LEFT}",
        f"  store i64 {STEP_FUEL}, ptr %fuel",
        f"  %taken = getelementptr i64, ptr %ctx, i64 {TAKEN}",
        "  store i64 0, ptr %taken",
        f"  %np = getelementptr i64, ptr %ctx, i64 {NEXT}",
    ]
    if gate is not None:
        lines += [
            "  %gp = getelementptr i64, ptr @gated, i64 %task",
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
        "  %tp = getelementptr ptr, ptr @places, i64 %at",
        "  %fn = load ptr, ptr %tp",
        "  %st = call i32 %fn(ptr %W, ptr %F, i64 %task, i64 %choice, i64 %at, ptr %ctx)",
        f"  %more = icmp eq i32 %st, {CALL}",
        "  br i1 %more, label %again, label %end",
        "again:",
        "  %next = load i64, ptr %np",
        "  br label %go",
        "end:",
        "  ret i32 %st",
        "}",
    ]
    return "\n".join(lines)


def _final(unit: Unit, names: dict[Code, str]) -> str:
    lines = [
        "define i32 @final(ptr %W, ptr %ctx) {",
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
