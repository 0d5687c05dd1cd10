# SPDX-License-Identifier: MIT
"""Files of model code: found, parsed, and asked for the names that they define."""

from __future__ import annotations

import ast
import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from shootdown.compiler.diagnostics import Diagnostics, ModelError, Span, span_of

__all__ = ["Library", "Module", "closest"]

PACKAGE = Path(__file__).resolve().parent.parent
"""The folder of the installed package: model modules are found below it."""


def closest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word most like `name`, or nothing."""
    near = difflib.get_close_matches(name, [word for word in known if word != name], n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


@dataclass(eq=False, slots=True)
class Module:
    """One parsed file.

    `names` maps what it defines to syntax, `imports` what it imports to (module, name);
    `strange` are the statements that the language does not have.
    """

    name: str
    display: str
    text: str
    lines: list[str]
    tree: ast.Module
    names: dict[str, ast.stmt] = field(default_factory=dict)
    strange: list[ast.stmt] = field(default_factory=list)
    imports: dict[str, tuple[str, str, ast.stmt]] = field(default_factory=dict)

    def span(self, node: ast.AST) -> Span:
        """Return the place of a node of this file."""
        return span_of(self.display, self.lines, node)

    @property
    def docstring(self) -> str:
        """The file's docstring, or nothing."""
        return ast.get_docstring(self.tree) or ""


class Library:
    """All files that a program is made of, each parsed once."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self.digests: dict[str, str] = {}

    def package_module(self, name: str) -> Module | None:
        """Return the module `shootdown.x.y` of the installed package, if it exists."""
        if name in self.modules:
            return self.modules[name]
        parts = name.split(".")
        if parts[0] != "shootdown" or len(parts) < 2:
            return None
        path = PACKAGE.joinpath(*parts[1:]).with_suffix(".py")
        if not path.is_file():
            path = PACKAGE.joinpath(*parts[1:], "__init__.py")
        if not path.is_file():
            return None
        return self._parse(name, str(path.relative_to(PACKAGE)), path)

    def user_file(self, path: str) -> Module:
        """Return the module in a file that the user named."""
        name = f"user:{path}"
        if name not in self.modules:
            return self._parse(name, path, Path(path))
        return self.modules[name]

    def user_text(self, display: str, text: str) -> Module:
        """Return the module made of `text`, shown under the name `display`."""
        name = f"user:{display}"
        self.modules[name] = self._module(name, display, text)
        return self.modules[name]

    def folder(self, package: str) -> list[Module]:
        """Return all modules below a package, in the order of their names."""
        root = PACKAGE.joinpath(*package.split(".")[1:])
        found = []
        for path in sorted(root.rglob("*.py")):
            relative = path.relative_to(PACKAGE).with_suffix("")
            parts = [part for part in relative.parts if part != "__init__"]
            module = self.package_module(".".join(["shootdown", *parts]))
            if module is not None:
                found.append(module)
        return found

    def _parse(self, name: str, display: str, path: Path) -> Module:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            self._fail("SD002", Span(display, 1), display, reason)
        self.modules[name] = self._module(name, display, text)
        return self.modules[name]

    def _module(self, name: str, display: str, text: str) -> Module:
        try:
            tree = ast.parse(text, filename=display)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", 1) or 1
            column = max(0, (getattr(error, "offset", 1) or 1) - 1)
            lines = text.splitlines()
            source = lines[line - 1] if line <= len(lines) else ""
            reason = getattr(error, "msg", None) or str(error)
            self._fail("SD001", Span(display, line, column, column + 1, source), reason)
        self.digests[name] = hashlib.sha256(text.encode()).hexdigest()
        module = Module(name, display, text, text.splitlines(), tree)
        collect(module, tree.body)
        return module

    @staticmethod
    def _fail(code: str, span: Span, *arguments: object) -> NoReturn:
        diagnostics = Diagnostics()
        diagnostics.add(code, span, *arguments)
        diagnostics.raise_if_any()
        raise ModelError(())


def collect(module: Module, body: list[ast.stmt]) -> None:
    """Note what the statements of a file define and import."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                module.names[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                module.names[name] = statement
            case ast.ImportFrom(module=str(origin), names=names, level=0) if names[0].name != "*":
                for alias in names:
                    module.imports[alias.asname or alias.name] = (origin, alias.name, statement)
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=inner):
                collect(module, inner)
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case _:
                module.strange.append(statement)
