# SPDX-License-Identifier: MIT
"""LLVM text for one function.

A function without scheduling points becomes an ordinary function. One that has some takes the
number of the place where it goes on, and returns what happened: `BLOCKED`, `DONE` (the step has
ended), `BROKEN` (context word `ERROR` has the failed site), or `CALL`, with the place where to go
on above its two bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shootdown.compiler.emit_text import (
    ARGUMENTS,
    BACK,
    BLOCKED,
    BROKEN,
    CALL,
    COVERAGE,
    DONE,
    ERROR,
    FUEL_LEFT,
    RESULT,
    STATUS_BITS,
    TAKEN,
    WAITING,
    Tables,
    Text,
    is_number,
)
from shootdown.compiler.interp import FOLDED, OPERATIONS, wrap
from shootdown.compiler.layout import Frame, Layout, Slot, Spot
from shootdown.compiler.liveness import defined, uses
from shootdown.compiler.mir import (
    Block,
    Branch,
    Call,
    CallOut,
    Check,
    Choose,
    Code,
    Compute,
    Embed,
    Instruction,
    Jump,
    Load,
    LocalRecord,
    Operand,
    Reg,
    Return,
    Site,
    Store,
    TakeResult,
    TaskNumber,
    Wait,
    Yield,
)
from shootdown.compiler.types import Field

__all__ = ["FunctionEmitter", "Unit", "endless"]

ARITHMETIC = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "and": "and",
    "or": "or",
    "xor": "xor",
    "shl": "shl",
    "shr": "ashr",
}
COMPARISON = {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}
FEW_WAYS = 6


@dataclass(frozen=True, slots=True)
class Unit:
    """What the emitter needs to know of a program."""

    layout: Layout
    codes: Sequence[Code]
    cpus: Sequence[int]
    bases: dict[Field, int]
    locals: dict[tuple[Code, int], list[int]]
    gates: Sequence[Code | None]
    finals: Sequence[Code]
    conditions: Sequence[Code]
    sites: dict[Site, int]
    coverage: dict[Block, int]


class FunctionEmitter(Text):
    """Emits one function; `is_thorough`: for fast code, not fast compilation."""

    def __init__(
        self,
        unit: Unit,
        code: Code,
        names: dict[Code, str],
        fallible: set[Code],
        tables: Tables,
        *,
        is_thorough: bool,
    ) -> None:
        super().__init__(tables)
        self.unit = unit
        self.code = code
        self.names = names
        self.fallible = fallible
        self.is_thorough = is_thorough
        self.frame: Frame | None = unit.layout.frames.get(code)
        self.memory = self._registers_in_memory()
        self.dirty = self._maybe_nonzero() if self.frame else {}

    def _registers_in_memory(self) -> dict[Reg, str]:
        """Name the registers that several blocks mention, or that are set more than once."""
        homes: dict[Reg, int] = dict.fromkeys(self.code.parameters, 0)
        given = set(self.code.parameters)
        shared: set[Reg] = set()
        for block in self.code.blocks:
            mentioned = _end_uses(block)
            for instruction in block.body:
                target = defined(instruction)
                if target is not None:
                    mentioned.append(target)
                    if target in given:
                        shared.add(target)
                    given.add(target)
                mentioned += [reg for reg in uses(instruction) if isinstance(reg, Reg)]
            for reg in mentioned:
                if homes.setdefault(reg, block.number) != block.number:
                    shared.add(reg)
        if self.frame is not None:
            shared.update(reg for needed in self.frame.live.values() for reg in needed)
        return {reg: f"%v{number}" for number, reg in enumerate(r for r in homes if r in shared)}

    def _maybe_nonzero(self) -> dict[Block, frozenset[Slot]]:
        assert self.frame is not None
        frame = self.frame
        always = frozenset([frame.back]) if frame.back else frozenset()
        found: dict[Block, frozenset[Slot]] = {
            block: always | {frame.slots[reg] for reg in needed}
            for block, needed in frame.live.items()
        }
        work = [self.code.entry, *found]
        found.setdefault(self.code.entry, frozenset())
        while work:
            block = work.pop()
            if isinstance(block.end, CallOut):
                continue
            if isinstance(block.end, Yield) and not block.end.sched.joins:
                continue
            for successor in block.successors:
                merged = found.get(successor, frozenset()) | found[block]
                if successor not in found or merged != found[successor]:
                    found[successor] = merged
                    work.append(successor)
        return found

    # Text

    def text(self) -> str:
        """Return the LLVM text of the function."""
        name = self.names[self.code]
        if self.code.is_plain:
            arguments = "".join(f", i64 %a{n}" for n in range(len(self.code.parameters)))
            taken = f"(ptr %W, i64 %task, i64 %choice, ptr %ctx{arguments})"
            head = f"define internal i64 @{name}{taken} noinline nounwind {{"
        else:
            taken = "(ptr %W, ptr %F, i64 %task, i64 %choice, i64 %place, ptr %ctx)"
            head = f"define internal i32 @{name}{taken} noinline nounwind {{"
        self._enter()
        for block in self.code.blocks:
            self._block(block)
        homes = [f"  {home} = alloca i64" for home in self.memory.values()]
        return "\n".join([head, *homes, *self.first_lines(), *self.lines, "}"])

    def _enter(self) -> None:
        if self.frame is None:
            for number, reg in enumerate(self.code.parameters):
                self.set(reg, f"%a{number}")
            self.out("br label %b0")
            return
        if self.frame.back:
            self.out("%back = alloca i64")
        numbers = self.unit.layout.numbers
        self._choose([(numbers[block], f"e{block.number}") for block in self.frame.live])
        self.start("enter")
        for number, reg in enumerate(self.code.parameters):
            self.set(reg, self.calc(f"load i64, ptr {self.context(ARGUMENTS + number)}"))
        if self.frame.back:
            self.out(f"store i64 {self.load_context(BACK)}, ptr %back")
        self.out("br label %b0")
        for block, needed in self.frame.live.items():
            self.start(f"e{block.number}")
            words: dict[int, str] = {}
            if self.frame.back:
                self.out(f"store i64 {self._load_slot(self.frame.back, words)}, ptr %back")
            for reg in needed:
                self.set(reg, self._load_slot(self.frame.slots[reg], words))
            self.out(f"br label %b{block.number}")

    def _choose(self, ways: list[tuple[int, str]]) -> None:
        """Go where the place says; what LLVM makes of a `switch` is better, and takes longer."""
        if self.is_thorough:
            cases = [f"i64 {place}, label %{label}" for place, label in ways]
            self.out(f"switch i64 %place, label %enter [ {' '.join(cases)} ]")
        elif len(ways) > FEW_WAYS:
            ways = sorted(ways)
            half = len(ways) // 2
            below, above = self.label(), self.label()
            bit = self.calc(f"icmp slt i64 %place, {ways[half][0]}")
            self.out(f"br i1 {bit}, label %{below}, label %{above}")
            self.go_on(below)
            self._choose(ways[:half])
            self.go_on(above)
            self._choose(ways[half:])
        else:
            for place, label in ways:
                other = self.label()
                bit = self.calc(f"icmp eq i64 %place, {place}")
                self.out(f"br i1 {bit}, label %{label}, label %{other}")
                self.go_on(other)
            self.out("br label %enter")

    def _load_slot(self, slot: Slot, words: dict[int, str]) -> str:
        word, shift = divmod(slot.offset, 64)
        if word not in words:
            words[word] = self.calc(f"load i64, ptr {self.word('%F', word)}")
        return self._extract(words[word], str(shift), slot.width, slot.low)

    def _extract(self, word: str, shift: str, width: int, low: int) -> str:
        value = word
        if shift != "0":
            value = self.calc(f"lshr i64 {value}, {shift}")
        if width < 64:
            value = self.calc(f"and i64 {value}, {2**width - 1}")
        return value if low == 0 else self.calc(f"add i64 {value}, {low}")

    # Blocks

    def _block(self, block: Block) -> None:
        self.start(f"b{block.number}")
        if block in self.unit.coverage:
            number = self.unit.coverage[block]
            base = self.given("%coverage", COVERAGE)
            self.out(f"store i8 1, ptr {self.calc(f'getelementptr i8, ptr {base}, i64 {number}')}")
        for instruction in block.body:
            self._instruction(instruction)
        for successor in block.successors:
            if successor.number <= block.number and not isinstance(block.end, Yield | CallOut):
                self._burn()
                break
        match block.end:
            case Jump(target=target):
                self.out(f"br label %b{target.number}")
            case Branch(condition=condition, yes=yes, no=no):
                self._branch(self.truth(condition), f"b{yes.number}", f"b{no.number}")
            case Yield(sched=sched, target=target):
                if sched.joins:
                    self._join(target)
                self._save(block, target, self.unit.layout.numbers[target])
                self.out(f"ret i32 {DONE}")
            case CallOut(call=call, target=target):
                self._call_out(block, call, target)
            case Return(value=value):
                self._return(block, value)

    def _branch(self, bit: str, yes: str, no: str) -> None:
        if bit in ("true", "false"):
            self.out(f"br label %{yes if bit == 'true' else no}")
        else:
            self.out(f"br i1 {bit}, label %{yes}, label %{no}")

    def _join(self, target: Block) -> None:
        """Go on in the same step if it has just taken a lock."""
        taken = self.calc(f"icmp ne i64 {self.load_context(TAKEN)}, 0")
        on, stop = self.label(), self.label()
        self.out(f"br i1 {taken}, label %{on}, label %{stop}")
        self.go_on(on)
        self.store_context(TAKEN, "0")
        self.out(f"br label %b{target.number}")
        self.go_on(stop)

    def _burn(self) -> None:
        left = self.calc(f"sub i64 {self.load_context(FUEL_LEFT)}, 1")
        self.store_context(FUEL_LEFT, left)
        spent = self.calc(f"icmp slt i64 {left}, 0")
        stop, go = self.label(), self.label()
        self.out(f"br i1 {spent}, label %{stop}, label %{go}")
        self.go_on(stop)
        self._fail(self.unit.sites[endless(self.code)])
        self.go_on(go)

    def _fail(self, number: int) -> None:
        self.store_context(ERROR, str(number))
        if self.frame is None:
            self.out("ret i64 0")
        else:
            self.out(f"ret i32 {BLOCKED if number == WAITING else BROKEN}")

    def _give_up(self) -> None:
        if self.frame is None:
            self.out("ret i64 0")
        else:
            error = self.load_context(ERROR)
            waits = self.calc(f"icmp eq i64 {error}, {WAITING}")
            status = self.calc(f"select i1 {waits}, i32 {BLOCKED}, i32 {BROKEN}")
            self.out(f"ret i32 {status}")

    def _save(self, block: Block, target: Block, place: int | None) -> None:
        """Write what `target` needs into the frame, zero what it does not, and set the place."""
        assert self.frame is not None
        values = {self.frame.slots[reg]: self.get(reg) for reg in self.frame.live[target]}
        if self.frame.back:
            values[self.frame.back] = self.calc("load i64, ptr %back")
        self._write_slots(self.dirty[block] | frozenset(values), values, place)

    def _write_slots(
        self, touched: frozenset[Slot], values: dict[Slot, str], place: int | None
    ) -> None:
        by_word: dict[int, list[Slot]] = {}
        for slot in sorted(touched, key=lambda slot: slot.offset):
            by_word.setdefault(slot.offset // 64, []).append(slot)
        if place is not None:
            by_word.setdefault(0, [])
        for word, slots in by_word.items():
            mask = sum((2**slot.width - 1) << slot.offset % 64 for slot in slots)
            if word == 0 and place is not None:
                mask |= 2**self.unit.layout.pc_width - 1
            pointer = self.word("%F", word)
            old = self.calc(f"load i64, ptr {pointer}")
            new = self.calc(f"and i64 {old}, {_signed(~mask)}")
            for slot in slots:
                if slot in values:
                    value = values[slot]
                    if slot.low:
                        value = self.calc(f"sub i64 {value}, {slot.low}")
                    moved = self.calc(f"shl i64 {value}, {slot.offset % 64}")
                    new = self.calc(f"or i64 {new}, {moved}")
            if word == 0 and place:
                new = self.calc(f"or i64 {new}, {place}")
            self.out(f"store i64 {new}, ptr {pointer}")

    def _call_out(self, block: Block, call: Call, target: Block) -> None:
        callee = self.unit.layout.frames[call.callee]
        arguments = [self.get(operand) for operand in call.arguments]
        self._save(block, target, None)
        for number, value in enumerate(arguments):
            self.store_context(ARGUMENTS + number, value)
        if callee.back:
            index = callee.sites.index((self.code, target))
            self.store_context(BACK, str(index))
        self.out(f"ret i32 {_go_on_at(self.unit.layout.numbers[call.callee.entry])}")

    def _return(self, block: Block, value: Operand | None) -> None:
        result = "0" if value is None else self.get(value)
        if self.frame is None:
            self.out(f"ret i64 {result}")
            return
        is_root = not self.frame.sites
        self._write_slots(self.dirty[block], {}, 0 if is_root else None)
        if is_root:
            self.out(f"ret i32 {DONE}")
            return
        self.store_context(RESULT, result)
        numbers = [self.unit.layout.numbers[block] for _, block in self.frame.sites]
        following = str(_go_on_at(numbers[0]))
        if self.frame.back:
            index = self.calc("load i64, ptr %back")
            found = self.looked_up([_go_on_at(number) for number in numbers], index)
            following = self.calc(f"trunc i64 {found} to i32")
        self.out(f"ret i32 {following}")

    # Instructions

    def _instruction(self, instruction: Instruction) -> None:
        match instruction:
            case Compute(
                target=target, op="add" | "sub" as op, left=left, right=int() as right
            ) if target not in self.memory:
                value, more = self.get_sum(left)
                self.sums[target] = (value, more + (right if op == "add" else -right))
            case Compute(target=target, op=op, left=left, right=right):
                self.set(target, self._compute(op, left, right))
            case Load(target=target, field=item, position=position):
                self.set(target, self._load(item, position))
            case Store(field=item, position=position, source=source):
                if item.stored:
                    self._store(self.unit.layout.spots[item], position, source)
                if instruction.takes_lock or instruction.gives_lock:
                    self.store_context(TAKEN, str(int(instruction.takes_lock)))
            case Check(condition=condition, site=site):
                self._check(condition, self.unit.sites[site])
            case Wait(condition=condition):
                self._check(condition, WAITING)
            case Call(target=target, callee=callee, arguments=arguments):
                self._call(target, callee, arguments)
            case TakeResult(target=target):
                self.set(target, self.load_context(RESULT))
            case Choose(target=target):
                self.set(target, "%choice")
            case TaskNumber(target=target, of=of):
                self.set(target, "%task" if of == "task" else self._cpu())
            case Embed(target=target, field=item, position=position):
                value, more = self.get_sum(position)
                self.set(target, self.plus(value, more + self.unit.bases[item] + 1))
            case LocalRecord(target=target, code=code, slot=slot):
                numbers = [number + 1 for number in self.unit.locals[code, slot]]
                self.set(target, self.looked_up(numbers, "%task"))

    def _cpu(self) -> str:
        return self.looked_up(self.unit.cpus, "%task")

    def _compute(self, op: str, left: Operand, right: Operand) -> str:
        a = self.get(left)
        if op == "copy":
            return a
        b = self.get(right)
        if op in FOLDED and is_number(a) and is_number(b):
            return str(wrap(OPERATIONS[op](int(a), int(b))))
        if op in COMPARISON:
            bit = self.calc(f"icmp {COMPARISON[op]} i64 {a}, {b}")
            self.bits.add(bit)
            return bit
        if op in ("div", "mod"):
            return self._floor_division(op, a, b)
        return self.calc(f"{ARITHMETIC[op]} i64 {a}, {b}")

    def _floor_division(self, op: str, a: str, b: str) -> str:
        """Divide as Python does; the divisor is positive."""
        rest = self.calc(f"srem i64 {a}, {b}")
        below = self.calc(f"icmp slt i64 {rest}, 0")
        if op == "mod":
            fixed = self.calc(f"add i64 {rest}, {b}")
            return self.calc(f"select i1 {below}, i64 {fixed}, i64 {rest}")
        quotient = self.calc(f"sdiv i64 {a}, {b}")
        less = self.calc(f"zext i1 {below} to i64")
        return self.calc(f"sub i64 {quotient}, {less}")

    def _spot(self, spot: Spot, position: Operand) -> tuple[str, str]:
        """Return (pointer to the word, shift) of a part."""
        if isinstance(position, int) or spot.count == 1:
            number = position if isinstance(position, int) else 0
            if spot.per_word:
                word = spot.word + number // spot.per_word
                shift = number % spot.per_word * (64 // spot.per_word)
            else:
                word, shift = spot.word, spot.shift + number * spot.width
            return self.word("%W", word), str(shift)
        if not spot.per_word:
            pointer = self.word("%W", spot.word)
            index, more = self.get_sum(position)
            if spot.width > 1:
                index = self.calc(f"mul i64 {index}, {spot.width}")
            return pointer, self.plus(index, more * spot.width + spot.shift)
        index = self.get(position)
        high = self.calc(f"lshr i64 {index}, {spot.per_word.bit_length() - 1}")
        word_number = self.calc(f"add i64 {high}, {spot.word}")
        low = self.calc(f"and i64 {index}, {spot.per_word - 1}")
        pointer = self.calc(f"getelementptr i64, ptr %W, i64 {word_number}")
        return pointer, self.calc(f"mul i64 {low}, {64 // spot.per_word}")

    def _load(self, item: Field, position: Operand) -> str:
        if item.constant is not None:
            if isinstance(position, int):
                return str(item.constant[position])
            if len(set(item.constant)) == 1:
                return str(item.constant[0])
            return self.looked_up(item.constant, self.get(position))
        spot = self.unit.layout.spots[item]
        if spot.width == 0:
            return str(spot.low)
        pointer, shift = self._spot(spot, position)
        word = self.calc(f"load i64, ptr {pointer}")
        return self._extract(word, shift, spot.width, spot.low)

    def _store(self, spot: Spot, position: Operand, source: Operand) -> None:
        if spot.width == 0:
            return
        value = self.get(source)
        if spot.low:
            value = self.calc(f"sub i64 {value}, {spot.low}")
        pointer, shift = self._spot(spot, position)
        word = self.calc(f"load i64, ptr {pointer}")
        mask = 2**spot.width - 1
        if shift.startswith("%"):
            placed = self.calc(f"shl i64 {_signed(mask)}, {shift}")
            hole = self.calc(f"xor i64 {placed}, -1")
        else:
            hole = str(_signed(~(mask << int(shift))))
        kept = self.calc(f"and i64 {word}, {hole}")
        moved = self.calc(f"shl i64 {value}, {shift}")
        self.out(f"store i64 {self.calc(f'or i64 {kept}, {moved}')}, ptr {pointer}")

    def _check(self, condition: Operand, number: int) -> None:
        bit = self.truth(condition)
        if bit == "true":
            return
        bad, good = self.label(), self.label()
        self.out(f"br i1 {bit}, label %{good}, label %{bad}")
        self.go_on(bad)
        self._fail(number)
        self.go_on(good)

    def _call(self, target: Reg | None, callee: Code, arguments: tuple[Operand, ...]) -> None:
        passed = "".join(f", i64 {self.get(operand)}" for operand in arguments)
        result = self.calc(
            f"call i64 @{self.names[callee]}(ptr %W, i64 %task, i64 %choice, ptr %ctx{passed})"
        )
        if callee in self.fallible:
            bad, good = self.label(), self.label()
            bit = self.calc(f"icmp eq i64 {self.load_context(ERROR)}, 0")
            self.out(f"br i1 {bit}, label %{good}, label %{bad}")
            self.go_on(bad)
            self._give_up()
            self.go_on(good)
        if target is not None:
            self.set(target, result)


def _end_uses(block: Block) -> list[Reg]:
    match block.end:
        case Branch(condition=Reg() as reg) | Return(value=Reg() as reg):
            return [reg]
        case CallOut(call=call):
            return [operand for operand in call.arguments if isinstance(operand, Reg)]
    return []


def _go_on_at(place: int) -> int:
    """Return the status of a function that another place goes on for."""
    return place << STATUS_BITS | CALL


def _signed(number: int) -> int:
    """Return a 64-bit pattern as the signed number that LLVM text wants."""
    number &= 2**64 - 1
    return number - 2**64 if number >= 2**63 else number


def endless(code: Code) -> Site:
    """Return the site at which a step of `code` that does not end fails."""
    span = code.declaration.module.span(code.declaration.node)
    return Site("endless_step", span, code.name, "a loop in this step does not end")
