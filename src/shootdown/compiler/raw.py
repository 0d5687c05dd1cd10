# SPDX-License-Identifier: MIT
"""The engines' own loops: a tiny subset of Python, all of it 64-bit words, as LLVM text.

Every value is a 64-bit integer; an address is one too, and `p[i]` is the i-th word behind it.
`>>` shifts in zeros, comparisons are signed, `and` and `or` evaluate both sides. Names in capitals
are constants given when compiling, numbers or rows of them. `for x in range(N):` is written out
N times, with `x` a constant. Calls reach other functions of the same text, and `externals`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache

__all__ = ["raw_text"]

OPERATIONS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.FloorDiv: "udiv",
    ast.Mod: "urem",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "shl",
    ast.RShift: "lshr",
}

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "slt",
    ast.LtE: "sle",
    ast.Gt: "sgt",
    ast.GtE: "sge",
}

DECLARATIONS = """declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
"""


@lru_cache(maxsize=8)
def _functions(source: str) -> list[ast.FunctionDef]:
    return [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def raw_text(
    sources: Sequence[str],
    constants: Mapping[str, int | Sequence[int]],
    externals: Mapping[str, str],
    exported: set[str],
) -> str:
    """Return LLVM text for the functions in `sources`.

    `externals` maps the names of outside functions, which return 32 bits, to a letter for each
    parameter: `p` for an address, `i` for a number. The caller declares them. The functions in
    `exported` can be found by name afterwards.
    """
    parts = [DECLARATIONS]
    for node in (node for source in sources for node in _functions(source)):
        linkage = "" if node.name in exported else "internal "
        parts.append(_Function(node, constants, externals, linkage).text())
    return "\n".join(parts)


class _Function:
    """Emits one function; every variable has a place on the stack, which LLVM removes."""

    def __init__(
        self,
        node: ast.FunctionDef,
        constants: Mapping[str, int | Sequence[int]],
        externals: Mapping[str, str],
        linkage: str,
    ) -> None:
        self.node = node
        self.constants = dict(constants)
        self.externals = externals
        self.linkage = linkage
        self.lines: list[str] = []
        self.count = 0
        self.loops: list[tuple[str, str]] = []

    def text(self) -> str:
        """Return the function's LLVM text."""
        names = [argument.arg for argument in self.node.args.args]
        found = dict.fromkeys(names)
        for part in ast.walk(self.node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                found[part.id] = None
        arguments = ", ".join(f"i64 %a.{name}" for name in names)
        head = f"define {self.linkage}i64 @{self.node.name}({arguments}) nounwind {{"
        for name in found:
            self.out(f"%v.{name} = alloca i64")
            initial = f"%a.{name}" if name in names else "0"
            self.out(f"store i64 {initial}, ptr %v.{name}")
        self.body(self.node.body)
        self.out("ret i64 0")
        return "\n".join([head, *self.lines, "}"])

    def out(self, line: str) -> None:
        """Append an instruction."""
        self.lines.append("  " + line)

    def calc(self, text: str) -> str:
        """Append an instruction that gives a value, and return its name."""
        self.count += 1
        self.out(f"%{self.count} = {text}")
        return f"%{self.count}"

    def labels(self, number: int) -> list[str]:
        """Return new labels."""
        self.count += number
        return [f"l{self.count - k}" for k in range(number)]

    def mark(self, label: str) -> None:
        """Begin a block."""
        self.lines.append(f"{label}:")

    def body(self, statements: list[ast.stmt]) -> None:
        """Emit statements."""
        for node in statements:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        """Emit one statement."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(target, self.value(value))
            case ast.AugAssign(target=target, op=op, value=value):
                old = self.value(target)
                self.assign(
                    target, self.calc(f"{OPERATIONS[type(op)]} i64 {old}, {self.value(value)}")
                )
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Expr(value=value):
                self.value(value)
            case ast.Return(value=value):
                self.out(f"ret i64 {self.value(value) if value else '0'}")
                self.mark(self.labels(1)[0])
            case ast.If(test=test, body=yes, orelse=no):
                then, other, after = self.labels(3)
                self.out(f"br i1 {self.truth(test)}, label %{then}, label %{other}")
                for label, part in ((then, yes), (other, no)):
                    self.mark(label)
                    self.body(part)
                    self.out(f"br label %{after}")
                self.mark(after)
            case ast.While(test=test, body=inner):
                self.loop(test, inner)
            case ast.For(target=ast.Name(id=name), iter=ast.Call(args=[count]), body=inner):
                for number in range(self.constant(count)):
                    self.constants[name] = number
                    self.body(inner)
                del self.constants[name]
            case ast.Break() | ast.Continue():
                head, after = self.loops[-1]
                self.out(f"br label %{after if isinstance(node, ast.Break) else head}")
                self.mark(self.labels(1)[0])
            case _:
                raise AssertionError(ast.unparse(node))

    def loop(self, test: ast.expr, inner: list[ast.stmt]) -> None:
        """Emit a `while` loop."""
        head, inside, after = self.labels(3)
        self.out(f"br label %{head}")
        self.mark(head)
        self.out(f"br i1 {self.truth(test)}, label %{inside}, label %{after}")
        self.mark(inside)
        self.loops.append((head, after))
        self.body(inner)
        self.loops.pop()
        self.out(f"br label %{head}")
        self.mark(after)

    def assign(self, target: ast.expr, value: str) -> None:
        """Emit a store to a variable or a word of memory."""
        match target:
            case ast.Name(id=name):
                self.out(f"store i64 {value}, ptr %v.{name}")
            case ast.Subscript(value=base, slice=position):
                self.out(f"store i64 {value}, ptr {self.address(base, position)}")
            case _:
                raise AssertionError(ast.unparse(target))

    def address(self, base: ast.expr, position: ast.expr) -> str:
        """Return a pointer to a word of memory."""
        pointer = self.calc(f"inttoptr i64 {self.value(base)} to ptr")
        return self.calc(f"getelementptr i64, ptr {pointer}, i64 {self.value(position)}")

    def constant(self, node: ast.expr) -> int:
        """Return the value of a constant, or of a part of a row of them."""
        match node:
            case ast.Constant(value=int() as value):
                return value
            case ast.Name(id=name):
                found = self.constants[name]
            case ast.Subscript(value=ast.Name(id=name), slice=position):
                row = self.constants[name]
                assert not isinstance(row, int), ast.unparse(node)
                found = row[self.constant(position)]
        assert isinstance(found, int), ast.unparse(node)
        return found

    def is_number(self, name: str) -> bool:
        """Tell whether a constant is one number, not a row of them."""
        return isinstance(self.constants[name], int)

    def truth(self, node: ast.expr) -> str:
        """Return a condition as one bit."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                a, b = self.value(left), self.value(right)
                return self.calc(f"icmp {COMPARISONS[type(op)]} i64 {a}, {b}")
            case ast.BoolOp(op=op, values=parts):
                word = "and" if isinstance(op, ast.And) else "or"
                result = self.truth(parts[0])
                for part in parts[1:]:
                    result = self.calc(f"{word} i1 {result}, {self.truth(part)}")
                return result
        return self.calc(f"icmp ne i64 {self.value(node)}, 0")

    def value(self, node: ast.expr) -> str:
        """Return the value of an expression."""
        match node:
            case ast.Constant(value=int() as value):
                return str(value)
            case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)) if (
                name in self.constants and isinstance(node, ast.Name) == self.is_number(name)
            ):
                return str(self.constant(node))
            case ast.Name(id=name):
                return self.calc(f"load i64, ptr %v.{name}")
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self.value(left), self.value(right)
                return self.calc(f"{OPERATIONS[type(op)]} i64 {a}, {b}")
            case ast.Compare() | ast.BoolOp():
                return self.calc(f"zext i1 {self.truth(node)} to i64")
            case ast.Subscript(value=base, slice=position):
                return self.calc(f"load i64, ptr {self.address(base, position)}")
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(name, arguments)
        raise AssertionError(ast.unparse(node))

    def call(self, name: str, arguments: list[ast.expr]) -> str:
        """Emit a call of a function or of a built-in operation."""
        if name in ("load8", "load32"):
            size = name[4:]
            pointer = self.calc(f"inttoptr i64 {self.value(arguments[0])} to ptr")
            place = self.calc(
                f"getelementptr i{size}, ptr {pointer}, i64 {self.value(arguments[1])}"
            )
            return self.calc(f"zext i{size} {self.calc(f'load i{size}, ptr {place}')} to i64")
        if name in ("store8", "store32"):
            size = name[5:]
            pointer = self.calc(f"inttoptr i64 {self.value(arguments[0])} to ptr")
            place = self.calc(
                f"getelementptr i{size}, ptr {pointer}, i64 {self.value(arguments[1])}"
            )
            small = self.calc(f"trunc i64 {self.value(arguments[2])} to i{size}")
            self.out(f"store i{size} {small}, ptr {place}")
            return "0"
        values = [self.value(argument) for argument in arguments]
        if name == "mulfold":
            return self._multiply(*values)
        if name == "prefetch":
            pointer = self.calc(f"inttoptr i64 {values[0]} to ptr")
            place = self.calc(f"getelementptr i64, ptr {pointer}, i64 {values[1]}")
            self.out(f"call void @llvm.prefetch.p0(ptr {place}, i32 1, i32 3, i32 1)")
            return "0"
        if name in self.externals:
            given = ", ".join(
                f"ptr {self.calc(f'inttoptr i64 {value} to ptr')}"
                if kind == "p"
                else f"i64 {value}"
                for kind, value in zip(self.externals[name], values, strict=True)
            )
            return self.calc(f"zext i32 {self.calc(f'call i32 @{name}({given})')} to i64")
        passed = ", ".join(f"i64 {value}" for value in values)
        return self.calc(f"call i64 @{name}({passed})")

    def _multiply(self, a: str, b: str) -> str:
        """Multiply two words and fold the 128-bit product into one word."""
        wide = [self.calc(f"zext i64 {part} to i128") for part in (a, b)]
        product = self.calc(f"mul i128 {wide[0]}, {wide[1]}")
        low = self.calc(f"trunc i128 {product} to i64")
        high = self.calc(f"trunc i128 {self.calc(f'lshr i128 {product}, 64')} to i64")
        return self.calc(f"xor i64 {low}, {high}")
