# SPDX-License-Identifier: MIT
"""Tables of the reference pages, made from the code that they describe.

In a page, a table stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from shootdown import api
from shootdown.cli.exits import Exit
from shootdown.compiler.diagnostics import MESSAGES
from tests.docs.documents import ROOT

__all__ = ["with_tables"]

EXITS = {
    Exit.HOLDS: "the verdict is `holds`; or all verdicts are as declared; or it did what was asked",
    Exit.VIOLATED: "the verdict is `violated`; or one is not as declared",
    Exit.BAD_INPUT: "an option, a file or model code cannot be used; the message says why",
    Exit.INCONCLUSIVE: "a limit came before the exploration was complete",
    Exit.SKIPPED: "the verdict is `absent`: the kernel has no such call site",
    Exit.OUR_BUG: "a bug of ours, with a traceback: please report it",
    Exit.INTERRUPTED: "Ctrl-C; what was known by then is printed",
}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _diagnostics() -> list[str]:
    rows = []
    for code, texts in sorted(MESSAGES.items()):
        message, advice = (re.sub(r"\{\d(!r)?\}", "...", text) for text in texts)
        rows.append([code, message.replace("|", "\\|"), advice.replace("|", "\\|")])
    return _table(["code", "message", "help"], rows)


def _exits() -> list[str]:
    return _table(["code", "when"], [[str(int(code)), EXITS[code]] for code in Exit])


def _invariants() -> list[str]:
    found = api.catalogue("invariants")
    return _table(["invariant", "what breaks"], [[f"`{name}`", text] for name, text in found.rows])


def _sizes(word: str) -> list[str]:
    rows = [
        [f"`{name}`", default, title]
        for folder in ("hw", "linux")
        for path in sorted((ROOT / "src/shootdown" / folder).rglob("*.py"))
        for name, default, title in _declared(path.read_text(encoding="utf-8"), word)
        if name != "MULTITASK"  # the compiler sets it
    ]
    return _table(["name", "default", "what it is"], rows)


def _declared(text: str, word: str) -> Iterator[tuple[str, str, str]]:
    for node in ast.parse(text).body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(
                    func=ast.Name(id=called),
                    args=[default, ast.Constant(value=str(title))],
                ),
            ) if called == word:
                yield name, {"True": "y", "False": "n"}.get(d := ast.unparse(default), d), title


TABLES: dict[str, Callable[[], list[str]]] = {
    "bounds": lambda: _sizes("bound"),
    "diagnostics": _diagnostics,
    "exits": _exits,
    "invariants": _invariants,
    "options": lambda: _sizes("option"),
}


def with_tables(text: str) -> str:
    """Return a page with its tables as the code has them."""

    def fill(found: re.Match[str]) -> str:
        lines = "\n".join(TABLES[found[1]]())
        return f"<!-- table: {found[1]} -->\n{lines}\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->\n.*?<!-- end -->", fill, text, flags=re.DOTALL)
