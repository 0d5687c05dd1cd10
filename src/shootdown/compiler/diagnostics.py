# SPDX-License-Identifier: MIT
"""Messages about model code: one table, one renderer.

A message says what is wrong, where, and what to write instead. All errors of a file are
collected before any is shown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from shootdown.errors import InputError

__all__ = ["MESSAGES", "Diagnostic", "Diagnostics", "ModelError", "Span"]

MESSAGES: dict[str, tuple[str, str]] = {
    "SD001": ("invalid Python: {0}", "mend the syntax; model code is ordinary Python"),
    "SD002": ("cannot read {0}: {1}", "check the path"),
    "SD003": (
        "there is no module {0}",
        "see `shootdown list functions`",
    ),
    "SD004": ("{0} has no name {1!r}{2}", "import the name from the module that defines it"),
    "SD005": ("unsupported import", "write `from shootdown.linux.mm.memory import name`"),
    "SD101": ("unknown name {0!r}{1}", "define or import it before it is used"),
    "SD102": ("unsupported syntax: {0}", "{1}"),
    "SD103": ("{0} has no field {1!r}{2}", "use a declared field"),
    "SD104": ("wrong type: {0} wants {1}, got {2}", "convert the value or change the declaration"),
    "SD105": (
        "wrong number of arguments for {0}(): {2}, not {1}",
        "pass one value for each parameter, by position",
    ),
    "SD106": ("{0}() calls itself: {1}", "write a loop; calls never recurse in the model"),
    "SD107": ("parameter {0!r} has no annotation", "write `{0}: vaddr`, `{0}: Ref[page]`, ..."),
    "SD108": ("{0}() does not say what it returns", "write `-> None`, `-> Bool`, ..."),
    "SD109": (
        "the range of {0!r} is not known",
        "annotate its first assignment: `{0}: Annotated[int, upto(N)] = ...`",
    ),
    "SD110": ("the reference to the local record {0!r} escapes", "pass it down, never keep it"),
    "SD111": ("not a constant", "use literals, bounds, options and module constants"),
    "SD112": ("unknown type", "use u8, Bool, Ref[T], Ptr[T], Annotated[int, upto(N)], ..."),
    "SD113": ("{0!r} may be used before it is assigned", "assign it on every path"),
    "SD114": ("{0!r} is not callable here", "call functions, events and the language's operations"),
    "SD115": ("{0} is not allowed inside `with atomic()`", "move it out of the atomic block"),
    "SD116": (
        "choose() inside `with atomic()` must come first",
        "make `x = choose(n)` the block's first statement",
    ),
    "SD117": ("rest() must be followed by `with atomic():`", "put it right before that block"),
    "SD118": ("{0!r} already has the type {1}", "use another variable, or the same type"),
    "SD119": ("{0}() does not return a value on every path", "return a value at the end"),
    "SD120": ("no lock {0!r} on the way to the guard of {1}", "name fields from the record on"),
    "SD121": ("the guard {0!r} is not a lock", "a lock is a struct with a field `owner`"),
    "SD122": ("{0} has no pool", "give it one: `@struct(count=N)` or `@value(count=N)`"),
    "SD123": ("{0} is not declared with alloc=True", "write `@struct(count=N, alloc=True)`"),
    "SD124": ("the value {0} is outside {1}", "use a value in that range"),
    "SD125": (
        "the type of {0!r} is not known",
        "write `{0}: Ref[T] = NULL`",
    ),
    "SD127": ("{0} is not allowed in a monitor", "a monitor judges a state; it never waits"),
    "SD126": ("the array {0!r} has no length", "write `{0}: Array[T] = array(N)`"),
    "SD201": ("unknown feature {0!r}{1}", "see `shootdown list features`"),
    "SD202": ("unknown bound or option {0!r}{1}", "see docs/reference/bounds.md"),
    "SD203": ("a scenario needs {0}", "see the tutorial for a complete scenario"),
    "SD208": ("{0}() takes nothing and returns {1}", "write `def {0}() -> {1}:`"),
    "SD209": ("{0}() does not take what {1}() tells", "give it the parameters of the event"),
    "SD205": (
        "{0}() must keep the kernel's signature: {1}",
        "other kernel functions call it",
    ),
    "SD206": (
        "the setup {0}() breaks {1}: {2}",
        "a setup runs alone: do its steps in a valid order",
    ),
    "SD207": (
        "the setup {0}() waits for something that never comes",
        "a setup runs alone, on its own CPU: nobody else unlocks or answers",
    ),
}
"""Every message about model code: its text and what to do about it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: 1-based line, 0-based columns."""

    file: str
    line: int
    column: int = 0
    end_column: int = 0
    text: str = ""

    @property
    def where(self) -> str:
        """The place as `file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message at one place."""

    code: str
    span: Span
    message: str
    help: str

    def render(self) -> str:
        """Return the message with the source line, a caret and the help line."""
        span = self.span
        head = f"{span.file}:{span.line}:{span.column + 1}: error[{self.code}]: {self.message}"
        lines = [head]
        if span.text:
            gutter = f"{span.line:>5} | "
            width = max(1, min(span.end_column, len(span.text)) - span.column)
            lines.append(gutter + span.text)
            lines.append(" " * (len(gutter) - 2) + "| " + " " * span.column + "^" * width)
        lines.append(f"  help: {self.help}")
        return "\n".join(lines)


class ModelError(InputError):
    """Model code that cannot be compiled, with every message about it."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(d.render() for d in self.diagnostics))


class Diagnostics:
    """Collects messages; each place and text is reported once."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str, int, int], Diagnostic] = {}

    def add(self, code: str, span: Span, *arguments: object) -> None:
        """Record message `code` at `span`."""
        message, advice = MESSAGES[code]
        text = message.format(*arguments)
        diagnostic = Diagnostic(code, span, text, advice.format(*arguments))
        self.found.setdefault((text, span.file, span.line, span.column), diagnostic)

    def raise_if_any(self) -> None:
        """Raise a `ModelError` with all messages in the order of their places."""
        if self.found:
            order = sorted(
                self.found.values(), key=lambda d: (d.span.file, d.span.line, d.span.column)
            )
            raise ModelError(order)


def span_of(file: str, lines: list[str], node: ast.AST) -> Span:
    """Return the place of a syntax node; nodes over several lines end with their first."""
    line = getattr(node, "lineno", 1)
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    start = getattr(node, "col_offset", 0)
    end = getattr(node, "end_col_offset", start + 1)
    if getattr(node, "end_lineno", line) != line:
        end = len(text)
    if not text.isascii():  # the parser counts bytes
        start = len(text.encode()[:start].decode(errors="ignore"))
        end = len(text.encode()[:end].decode(errors="ignore"))
    return Span(file, line, start, end, text)
