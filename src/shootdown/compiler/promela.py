# SPDX-License-Identifier: MIT
"""A program as Promela, so that SPIN can explore it too: an oracle, and a yardstick.

A step is one `d_step` whose guard tries it on a copy of the state, in C. The state is one byte or
more for each part of a field and each variable; a variable that is not needed is zero. SPIN thus
stores as many states as the other explorers, and one more: the state before the first step.

Compiled with `-DNO_STUCK`, the model leaves deadlocks unjudged. When it ends, the model prints the
numbers of the sites that failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shootdown.compiler.interp import FUEL
from shootdown.compiler.layout import callers_first
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
    Store,
    TakeResult,
    TaskNumber,
    Wait,
    Yield,
)
from shootdown.compiler.program import Program
from shootdown.compiler.promela_layout import Bytes, Place, place_bytes
from shootdown.compiler.types import Field

__all__ = ["Promela", "promela"]

BINARY = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "and": "&",
    "or": "|",
    "xor": "^",
    "shl": "<<",
    "shr": ">>",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}

HEAD = """#include <stdint.h>
#include <stdlib.h>
enum { BLOCKED, DONE, BROKEN, GO_ON };
static unsigned char W[SIZE];
static long T, C, R, NEXT, BACK, FUEL, FAIL, TAKEN, A[32];
static int ready, status, failed[SITES];
extern void (*uerror)(char *);
#define GET(n, p) GET_(n, p)
#define GET_(n, p) ({ uint##n##_t v_; memcpy(&v_, (p), sizeof v_); (long)v_; })
#define PUT(n, p, x) do { uint##n##_t v_ = (x); memcpy((p), &v_, sizeof v_); } while (0)
#define BURN(site) do { if (--FUEL < 0) { FAIL = (site); goto stop; } } while (0)
#define NEED(x, site) do { if (!(x)) { FAIL = (site); goto stop; } } while (0)
static long div_(long a, long b) { return a / b - (a % b < 0); }
static long mod_(long a, long b) { return a % b < 0 ? a % b + b : a % b; }"""

DRIVER = """static int attempt(int t, int c)
{
	int s = GO_ON;
	long place = GET(PLACE, W + base[t]);
	FAIL = 0; FUEL = MOST; TAKEN = 0; T = t; C = c;
	if (c >= ways[place]) return BLOCKED;
	if (gated[t] && !gate()) return BLOCKED;
	for (; s == GO_ON; place = NEXT) s = step(place, W + base[t]);
	return s;
}
static int can_(int k)
{
	/* SPIN asks twice before it lets go(). */
	if (ready == k + 1) return 1;
	memcpy(W, now.W, SIZE);
	status = attempt(option_task[k], option_choice[k]);
	if (status == BROKEN) failed[FAIL] = 1;
	ready = status == BLOCKED ? 0 : k + 1;
	return ready;
}
static void go(void)
{
	ready = 0;
	if (status == BROKEN) uerror("a step breaks an invariant");
	else memcpy(now.W, W, SIZE);
}
static int bad_(void)
{
	int t, c, resting = 1;
	memcpy(W, now.W, SIZE);
	for (t = 0; t < TASKS; t++) resting = resting && rests[GET(PLACE, W + base[t])];
	FAIL = 0; FUEL = MOST; T = 0; C = 0;
	if (resting && quiescent()) {
		final();
		if (FAIL) failed[FAIL] = 1;
		return FAIL != 0;
	}
#ifndef NO_STUCK
	for (t = 0; t < TASKS; t++) {
		long place = GET(PLACE, now.W + base[t]);
		if (is_free[t] && rests[place]) continue;
		for (c = 0; c < ways[place]; c++) {
			memcpy(W, now.W, SIZE);
			if (attempt(t, c) != BLOCKED) return 0;
		}
	}
	failed[0] = 1;
	return 1;
#else
	return 0;
#endif
}
static void tell(void)
{
	int k;
	printf("sites:");
	for (k = 0; k < SITES; k++) if (failed[k]) printf(" %d", k);
	printf("\\n");
}
static void begin(void)
{
	static const unsigned char first[SIZE] = { INITIAL };
	memcpy(now.W, first, SIZE);
	atexit(tell);
}"""


@dataclass(frozen=True, slots=True)
class Promela:
    """The text of a model, and of the C file `steps.h` that it includes."""

    text: str
    steps: str


def promela(program: Program) -> Promela:
    """Return a program as Promela.

    SPIN takes the call of a function for a side effect, unless its name ends in `_`.
    """
    layout = place_bytes(program)
    options = [
        f"\t:: d_step {{ c_expr {{ can_({number}) }} -> c_code {{ go(); }} }}"
        for number in range(len(_options(program)))
    ]
    judged = (
        "\t:: d_step { c_expr { bad_() } -> "
        'c_code { uerror("the state itself breaks an invariant"); } }'
    )
    lines = [
        f"/* {program.scenario.title or program.scenario.name} */",
        f'c_state "unsigned char W[{layout.size}]" "Global"',
        'c_code {\n\\#include "steps.h"\n};',
        "active proctype machine()\n{",
        "\td_step { c_code { begin(); } };",
        "end:\tdo",
        *options,
        judged,
        "\tod\n}\n",
    ]
    return Promela("\n".join(lines), "\n".join([*_c_code(program, layout), ""]))


def _options(program: Program) -> list[tuple[int, int]]:
    """Return (task, alternative) for each way in which a state may go on."""
    found = []
    for number, task in enumerate(program.tasks):
        ends = [block.end for code in callers_first([task.code]) for block in code.blocks]
        ways = max([1, *(end.sched.alternatives for end in ends if isinstance(end, Yield))])
        found += [(number, choice) for choice in range(ways)]
    return found


def _c_code(program: Program, layout: Bytes) -> Iterator[str]:
    names = {code: f"f{number}" for number, code in enumerate(program.codes)}
    numbers = program.layout.numbers
    top = max(numbers.values(), default=0) + 1
    ways, rests = [0] * top, [1] + [0] * (top - 1)
    for code in program.codes:
        for block in code.blocks:
            if isinstance(block.end, Yield):
                ways[numbers[block.end.target]] = block.end.sched.alternatives
                rests[numbers[block.end.target]] = int(block.end.sched.is_rest)
    tasks = len(program.tasks)
    yield f"#define SIZE {layout.size}\n#define TASKS {tasks}"
    yield f"#define PLACE {layout.place_size}\n#define MOST {FUEL}"
    yield f"#define SITES {max(program.sites.values(), default=0) + 1}"
    initial = layout.encode(program, program.initial)
    yield f"#define INITIAL {', '.join(map(str, initial))}"
    yield HEAD
    yield _table("ways", ways)
    yield _table("rests", rests)
    yield _table("base", layout.bases)
    yield _table("cpus", [task.cpu for task in program.tasks])
    yield _table("is_free", [int(task.is_free) for task in program.tasks])
    yield _table("option_task", [task for task, _ in _options(program)])
    yield _table("option_choice", [choice for _, choice in _options(program)])
    yield _table("gated", [int(gate is not None) for gate in program.machine.gates])
    for (code, slot), records in program.machine.locals.items():
        if code in names:
            yield _table(f"l{names[code]}_{slot}", [number + 1 for number in records])
    constants = {f: n for n, f in enumerate(_constants(program.codes))}
    for item, number in constants.items():
        assert item.constant is not None, "only constant fields were collected"
        yield _table(f"k{number}", item.constant)
    for code in program.codes:
        if code.is_plain:
            yield f"static long {names[code]}({_parameters(code)});"
    for code in program.codes:
        yield from _Function(program, layout, code, names, constants).text()
    yield from _entries(program, names)
    yield DRIVER


def _table(name: str, numbers: Sequence[int]) -> str:
    return f"static const long {name}[] = {{ {', '.join(map(str, numbers))} }};"


def _constants(codes: Sequence[Code]) -> list[Field]:
    found: dict[Field, None] = {}
    for code in codes:
        for block in code.blocks:
            for item in block.body:
                if isinstance(item, Load) and item.field.constant is not None:
                    found[item.field] = None
    return list(found)


def _parameters(code: Code) -> str:
    return ", ".join(f"long p{n}" for n in range(len(code.parameters))) or "void"


def _entries(program: Program, names: dict[Code, str]) -> Iterator[str]:
    """Yield the functions that choose: the step at a place, the gate, and the judges."""
    frames = program.layout.frames
    yield "static int step(long place, unsigned char *F)\n{\n\tswitch (place) {"
    for code, frame in frames.items():
        places = sorted(program.layout.numbers[block] for block in (code.entry, *frame.live))
        cases = " ".join(f"case {place}:" for place in places)
        yield f"\t{cases} return {names[code]}(place, F);"
    yield "\t}\n\treturn BLOCKED;\n}"
    gate = next((code for code in program.machine.gates if code is not None), None)
    asked = f"{names[gate]}()" if gate else "1"
    yield f"static int gate(void) {{ return {asked} && !FAIL; }}"
    conditions = " && ".join([f"{names[code]}()" for code in program.conditions] or ["1"])
    yield f"static int quiescent(void) {{ return {conditions}; }}"
    calls = " ".join(f"if (!FAIL) {names[code]}();" for code in program.finals)
    yield f"static void final(void) {{ {calls} }}"


class _Function:
    """One function as C. Its blocks are labels; every register is a variable."""

    def __init__(
        self,
        program: Program,
        layout: Bytes,
        code: Code,
        names: dict[Code, str],
        constants: dict[Field, int],
    ) -> None:
        self.program = program
        self.layout = layout
        self.code = code
        self.names = names
        self.constants = constants
        self.frame = program.layout.frames.get(code)
        self.regs = {reg: f"r{number}" for number, reg in enumerate(self._registers())}

    def _registers(self) -> list[Reg]:
        found = dict.fromkeys(self.code.parameters)
        for block in self.code.blocks:
            for instruction in block.body:
                for operand in (defined(instruction), *uses(instruction)):
                    if isinstance(operand, Reg):
                        found[operand] = None
            match block.end:
                case Branch(condition=Reg() as reg) | Return(value=Reg() as reg):
                    found[reg] = None
                case CallOut(call=call):
                    found.update({a: None for a in call.arguments if isinstance(a, Reg)})
        return list(found)

    def text(self) -> Iterator[str]:
        """Yield the lines of the function."""
        name = self.names[self.code]
        if self.frame is None:
            yield f"static long {name}({_parameters(self.code)})\n{{"
        else:
            yield f"static int {name}(long place, unsigned char *F)\n{{\n\tlong back = 0;"
        if self.regs:
            yield f"\tlong {', '.join(f'{reg} = 0' for reg in self.regs.values())};"
        yield from (f"\t{line}" for line in self._enter())
        for block in self.code.blocks:
            yield f"b{block.number}:;"
            yield from (f"\t{line}" for line in self._block(block))
        if self.frame is None:
            yield "stop:\n\treturn 0;\n}"
        else:
            yield "stop:\n\treturn FAIL < 0 ? BLOCKED : BROKEN;\n}"

    def _enter(self) -> Iterator[str]:
        if self.frame is None:
            for number, reg in enumerate(self.code.parameters):
                yield f"{self.regs[reg]} = p{number};"
            yield "goto b0;"
            return
        numbers = self.program.layout.numbers
        yield "switch (place) {"
        for block, needed in self.frame.live.items():
            loads = [
                f"{self.regs[reg]} = {_get(self.layout.slot(self.code, reg))};" for reg in needed
            ]
            back = self.layout.backs.get(self.code)
            if back is not None:
                loads.append(f"back = {_get(back)};")
            yield f"case {numbers[block]}: {' '.join(loads)} goto b{block.number};"
        yield "}"
        for number, reg in enumerate(self.code.parameters):
            yield f"{self.regs[reg]} = A[{number}];"
        yield "back = BACK;\n\tgoto b0;"

    def _value(self, operand: Operand) -> str:
        return f"{operand}L" if isinstance(operand, int) else self.regs[operand]

    def _block(self, block: Block) -> Iterator[str]:
        for instruction in block.body:
            yield from self._instruction(instruction)
        if not isinstance(block.end, Yield | CallOut) and any(
            following.number <= block.number for following in block.successors
        ):
            yield f"BURN({self.program.sites[self.program.machine.endless(block, self.code)]});"
        match block.end:
            case Jump(target=target):
                yield f"goto b{target.number};"
            case Branch(condition=condition, yes=yes, no=no):
                yield f"if ({self._value(condition)}) goto b{yes.number}; goto b{no.number};"
            case Yield(sched=sched, target=target):
                if sched.joins:
                    yield f"if (TAKEN) {{ TAKEN = 0; goto b{target.number}; }}"
                yield from self._save(target)
                place = self.program.layout.numbers[target]
                yield f"PUT({self.layout.place_size}, F, {place}); return DONE;"
            case CallOut(call=call, target=target):
                yield from self._save(target)
                yield from self._call_out(call, target)
            case Return(value=value):
                yield from self._return(value)

    def _save(self, target: Block) -> Iterator[str]:
        """Yield the stores of what is needed at `target`; all else of the frame becomes zero."""
        assert self.frame is not None, "only functions with steps save their variables"
        yield from self._forget()
        for reg in self.frame.live[target]:
            yield _put(self.layout.slot(self.code, reg), self.regs[reg])
        if self.code in self.layout.backs:
            yield _put(self.layout.backs[self.code], "back")

    def _forget(self) -> Iterator[str]:
        start, end = self.layout.extent(self.code)
        if end > start:
            yield f"memset(F + {start}, 0, {end - start});"

    def _call_out(self, call: Call, target: Block) -> Iterator[str]:
        for number, operand in enumerate(call.arguments):
            yield f"A[{number}] = {self._value(operand)};"
        frame = self.program.layout.frames[call.callee]
        yield f"BACK = {frame.sites.index((self.code, target))};"
        yield f"NEXT = {self.program.layout.numbers[call.callee.entry]}; return GO_ON;"

    def _return(self, value: Operand | None) -> Iterator[str]:
        result = "0" if value is None else self._value(value)
        if self.frame is None:
            yield f"return {result};"
            return
        yield from self._forget()
        if not self.frame.sites:
            yield f"PUT({self.layout.place_size}, F, 0); return DONE;"
            return
        yield f"R = {result};"
        for number, (_, block) in enumerate(self.frame.sites):
            yield f"if (back == {number}) NEXT = {self.program.layout.numbers[block]};"
        yield "return GO_ON;"

    def _instruction(self, instruction: Instruction) -> Iterator[str]:
        target = defined(instruction)
        left = f"{self.regs[target]} = " if target is not None else ""
        match instruction:
            case Compute(op=op, left=a, right=b):
                yield f"{left}{self._compute(op, self._value(a), self._value(b))};"
            case Load(field=item, position=position):
                yield f"{left}{self._load(item, self._value(position))};"
            case Store(field=item, position=position, source=source):
                if item.stored:
                    place = self.layout.fields[item].at(self._value(position))
                    yield _put(place, self._value(source))
                if instruction.takes_lock or instruction.gives_lock:
                    yield f"TAKEN = {int(instruction.takes_lock)};"
            case Check(condition=condition, site=site):
                yield f"NEED({self._value(condition)}, {self.program.sites[site]});"
            case Wait(condition=condition):
                yield f"NEED({self._value(condition)}, -1);"
            case Call(callee=callee, arguments=arguments):
                passed = ", ".join(self._value(operand) for operand in arguments)
                yield f"{left}{self.names[callee]}({passed}); if (FAIL) goto stop;"
            case TakeResult():
                yield f"{left}R;"
            case Choose():
                yield f"{left}C;"
            case TaskNumber(of=of):
                yield f"{left}{'T' if of == 'task' else 'cpus[T]'};"
            case Embed(field=item, position=position):
                base = self.program.machine.bases[item] + 1
                yield f"{left}{base} + {self._value(position)};"
            case LocalRecord(code=code, slot=slot):
                yield f"{left}l{self.names[code]}_{slot}[T];"

    def _compute(self, op: str, a: str, b: str) -> str:
        if op == "copy":
            return a
        if op in ("div", "mod"):
            return f"{op}_({a}, {b})"
        return f"{a} {BINARY[op]} {b}"

    def _load(self, item: Field, position: str) -> str:
        if item.constant is not None:
            return f"k{self.constants[item]}[{position}]"
        return _get(self.layout.fields[item].at(position))


def _get(place: Place) -> str:
    if place.bits == 0:
        return f"{place.low}L"
    return f"GET({place.bits}, {place.address}) + {place.low}L"


def _put(place: Place, value: str) -> str:
    if place.bits == 0:
        return ";"
    return f"PUT({place.bits}, {place.address}, {value} - {place.low}L);"
