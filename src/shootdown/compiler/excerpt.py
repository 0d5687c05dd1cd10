# SPDX-License-Identifier: MIT
"""A modelled function as a file of its own: the starting copy of a patch."""

from __future__ import annotations

import ast

from shootdown.compiler.source import Module
from shootdown.compiler.world import FunctionDeclaration

__all__ = ["excerpt"]


def excerpt(declaration: FunctionDeclaration, *, spdx: str) -> str:
    """Return a function with the imports that it needs, ready to be edited and given as a patch."""
    module, node = declaration.module, declaration.node
    used = dict.fromkeys(
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id != node.name
    )
    origins: dict[str, set[str]] = {}
    for name in used:
        origin = _origin(module, name)
        if origin is not None:
            origins.setdefault(origin[0], set()).add(origin[1])
    origins.setdefault("shootdown.lang", set()).add("kernel")
    lines = [f"# SPDX-License-Identifier: {spdx}", "from __future__ import annotations", ""]
    for origin_name in sorted(origins, key=lambda name: (name.startswith("shootdown"), name)):
        lines.extend(_import_lines(origin_name, sorted(origins[origin_name])))
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    body = module.lines[node.lineno - 1 : node.end_lineno]
    decorators = module.lines[first - 1 : node.lineno - 1]
    if "before" in declaration.options:
        decorators = ["@kernel"]
    return "\n".join([*lines, "", "", *decorators, *body, ""])


def _origin(module: Module, name: str) -> tuple[str, str] | None:
    if name in module.imports:
        origin, original, _ = module.imports[name]
        if origin != "__future__":
            return origin, original if original == name else f"{original} as {name}"
    if name in module.names:
        return module.name, name
    return None


def _import_lines(origin: str, names: list[str]) -> list[str]:
    line = f"from {origin} import {', '.join(names)}"
    if len(line) <= 100:
        return [line]
    return [f"from {origin} import (", *(f"    {name}," for name in names), ")"]
