# SPDX-License-Identifier: MIT
"""What the names of model code stand for, under one kernel, one configuration and its bounds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shootdown.compiler.constants import evaluate
from shootdown.compiler.diagnostics import Diagnostics
from shootdown.compiler.source import Library, Module, closest
from shootdown.compiler.types import IntType, Struct, Type, ValueKind
from shootdown.lang.declarations import Feature

__all__ = ["Builtin", "Constant", "Declaration", "FunctionDeclaration", "World"]

LANGUAGE = "shootdown.lang"


@dataclass(eq=False, slots=True)
class FunctionDeclaration:
    """A function of model code; `role` is its decorator and `options` what that was given."""

    name: str
    module: Module
    node: ast.FunctionDef
    role: str
    options: dict[str, object] = field(default_factory=dict)
    listens: str = ""

    @property
    def docstring(self) -> str:
        """The function's docstring, or nothing."""
        return ast.get_docstring(self.node) or ""


@dataclass(frozen=True, slots=True)
class Constant:
    """A name with a value known when compiling."""

    value: object


@dataclass(frozen=True, slots=True)
class Builtin:
    """A word of the language itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a type."""

    node: ast.expr
    module: Module


Declaration = (
    FunctionDeclaration | Constant | Builtin | Alias | Struct | ValueKind | IntType | Feature
)


class World:
    """Resolves names. `settings` overrides bounds and options; `features` are those present.

    `asked` are the features that the program depends on, and whether this kernel has them: with
    the same answers, another kernel has the same program.
    """

    def __init__(
        self,
        library: Library,
        diagnostics: Diagnostics,
        *,
        settings: Mapping[str, int | bool],
        features: frozenset[str],
    ) -> None:
        self.library = library
        self.diagnostics = diagnostics
        self.settings = dict(settings)
        self.features = features
        self.asked: dict[str, bool] = {}
        self.used_settings: dict[str, int | bool] = {}
        self.overrides: dict[str, FunctionDeclaration] = {}
        self.older: dict[str, list[str]] = {}
        self.unpatched: dict[str, FunctionDeclaration | None] = {}
        self.declared: dict[tuple[str, str], Declaration | None] = {}
        self.types: dict[int, Type] = {}
        self.quoted: dict[int, ast.expr] = {}

    def find(self, module: Module, name: str) -> Declaration | None:
        """Return what `name` stands for in `module`, or None if it is unknown there."""
        key = (module.name, name)
        if key not in self.declared:
            self.declared[key] = None  # a constant defined by itself is not a constant
            self.declared[key] = self._find(module, name)
        return self.declared[key]

    def _find(self, module: Module, name: str) -> Declaration | None:
        if name in module.names:
            return self._declare(module, name, module.names[name])
        if name not in module.imports:
            return None
        origin, original, statement = module.imports[name]
        if origin == LANGUAGE or origin.startswith(LANGUAGE + "."):
            return self._language(origin, original, module, statement)
        if origin in ("typing", "enum", "__future__"):
            return Builtin(original)
        target = self.library.package_module(origin)
        if target is None:
            self.diagnostics.add("SD003", module.span(statement), origin)
            return None
        found = self.find(target, original)
        if found is None:
            hint = closest(original, target.names)
            self.diagnostics.add("SD004", module.span(statement), origin, original, hint)
        return found

    def unknown(
        self, module: Module, node: ast.AST, name: str, variables: Iterable[str] = ()
    ) -> None:
        """Report a name that stands for nothing, unless what is wrong with it was reported."""
        known = [*variables, *module.names, *module.imports]
        if name not in known or not self.diagnostics.found:
            self.diagnostics.add("SD101", module.span(node), name, closest(name, known))

    def _language(
        self, origin: str, name: str, module: Module, statement: ast.stmt
    ) -> Declaration | None:
        words = self.library.package_module(origin)
        if words is not None and name not in words.names and name not in words.imports:
            hint = closest(name, [*words.names, *words.imports])
            self.diagnostics.add("SD004", module.span(statement), origin, name, hint)
            return None
        if name == "NR_TASKS":
            return Constant(self.settings.get("NR_TASKS", 1))
        widths = {"u8": 8, "u16": 16, "u32": 32, "u64": 62}
        if name in widths:
            return IntType(0, 2 ** widths[name] - 1, name)
        return Builtin(name)

    def _declare(self, module: Module, name: str, node: ast.stmt) -> Declaration | None:
        match node:
            case ast.FunctionDef():
                return self.function(module, node)
            case ast.ClassDef():
                return self._class(module, node)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self._assigned(module, name, value)
        return None

    def function(self, module: Module, node: ast.FunctionDef) -> FunctionDeclaration:
        """Return the declaration of a function from its syntax."""
        declaration = FunctionDeclaration(node.name, module, node, "function")
        for decorator in node.decorator_list:
            match decorator:
                case ast.Name(id=role):
                    declaration.role = role
                case ast.Call(func=ast.Name(id="on"), args=[ast.Name(id=event)]):
                    declaration.role, declaration.listens = "on", event
                case ast.Call(func=ast.Name(id=role), keywords=keywords):
                    declaration.role = role
                    for keyword in keywords:
                        value = evaluate(self, module, keyword.value)
                        declaration.options[keyword.arg or ""] = value
                case _:
                    self.diagnostics.add(
                        "SD102", module.span(decorator), "this decorator", "use one of the language"
                    )
        return declaration

    def _class(self, module: Module, node: ast.ClassDef) -> Declaration | None:
        from shootdown.compiler.records import declare_enum, declare_struct, declare_value

        if any(isinstance(b, ast.Name) and b.id in ("IntEnum", "IntFlag") for b in node.bases):
            return declare_enum(self, module, node)
        for decorator in node.decorator_list:
            match decorator:
                case ast.Name(id=kind) | ast.Call(func=ast.Name(id=kind)):
                    if kind == "struct":
                        return declare_struct(self, module, node, decorator)
                    if kind == "value":
                        return declare_value(self, module, node, decorator)
        self.diagnostics.add(
            "SD102", module.span(node), "this class", "decorate it with @struct or @value"
        )
        return None

    def _assigned(self, module: Module, name: str, value: ast.expr) -> Declaration | None:
        match value:
            case ast.Subscript():
                return Alias(value, module)
            case ast.Name(id=other):
                return self.find(module, other)
            case ast.Call(func=ast.Name(id="bound" | "option"), args=[default, *_]):
                chosen = self.settings.get(name)
                if chosen is None:
                    found = evaluate(self, module, default)
                    chosen = found if isinstance(found, int) else 0
                self.used_settings[name] = chosen
                return Constant(chosen)
            case ast.Call(func=ast.Name(id="feature")):
                return self._feature(module, value)
        constant = evaluate(self, module, value)
        return None if constant is None else Constant(constant)

    def _feature(self, module: Module, call: ast.Call) -> Feature:
        options = {k.arg or "": evaluate(self, module, k.value) for k in call.keywords}
        name = evaluate(self, module, call.args[0]) if call.args else ""
        requires = options.get("requires") or ()
        return Feature(
            str(name),
            str(options.get("commit", "")),
            str(options.get("subject", "")),
            str(options.get("release", "")),
            requires if isinstance(requires, tuple) else (),
            str(options.get("brings", "")),
            str(options.get("reverting", "")),
        )

    def has(self, feature: Feature) -> bool:
        """Tell whether this kernel has a feature, and remember that the program depends on it."""
        self.asked[feature.id] = feature.id in self.features
        return self.asked[feature.id]

    def selected(self, declaration: FunctionDeclaration) -> FunctionDeclaration:
        """Return the variant of a function that this kernel and its patches use."""
        for feature in self.older.get(declaration.name, ()):
            self.asked[feature] = feature in self.features
            if not self.asked[feature]:
                break
        return self.overrides.get(declaration.name, declaration)

    def override(self, variants: Iterable[FunctionDeclaration], order: Mapping[str, int]) -> None:
        """Choose, for each function with older variants, the one this kernel has.

        Of the variants whose `before` feature is absent, the one that disappeared first stands.
        """
        chosen: dict[str, tuple[int, FunctionDeclaration]] = {}
        ranks: dict[str, set[int]] = {}
        names = {rank: name for name, rank in order.items()}
        for variant in variants:
            before = variant.options.get("before")
            if not isinstance(before, Feature):
                continue
            rank = order[before.id]
            ranks.setdefault(variant.name, set()).add(rank)
            if before.id in self.features:
                continue
            if variant.name not in chosen or rank < chosen[variant.name][0]:
                chosen[variant.name] = (rank, variant)
        self.older = {
            name: [names[rank] for rank in sorted(found)] for name, found in ranks.items()
        }
        self.overrides.update({name: variant for name, (_, variant) in chosen.items()})
