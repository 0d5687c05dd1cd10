# SPDX-License-Identifier: MIT
"""Rules for model code: the kernel's names and commits, and nothing but the language.

Import-linter knows the packages that model code must not use; here is the list that it may use.
"""

import ast
import re
from collections.abc import Iterator

from tests.tidy.rules import Rule, decorator_name
from tests.tidy.tree import Function, Source

MODEL_PACKAGES = ("hw", "invariants", "linux", "scenarios")
MODEL_FOLDERS = tuple(f"src/shootdown/{name}/" for name in MODEL_PACKAGES)
LINUX_FOLDER = "src/shootdown/linux/"

IMPORTABLE = (
    "__future__",
    "enum",
    "typing",
    "shootdown.lang",
    *(f"shootdown.{name}" for name in MODEL_PACKAGES),
)
SECTIONS = ("Kernel", "Context", "Deviates")
VERSION_NAMES = frozenset({"KERNEL_VERSION", "LINUX_VERSION_CODE", "kernel_version", "version"})
VERSION_TEXT = re.compile(r"v?\d+\.\d+(\.\d+)?(-rc\d+)?")


def check_imports(source: Source) -> Iterator[str]:
    """Model code is parsed, so it may only name what the compiler knows."""
    if not source.path.startswith(MODEL_FOLDERS):
        return
    for line, name in imported_names(source.module):
        if not any(name == known or name.startswith(f"{known}.") for known in IMPORTABLE):
            yield source.at(line, f"model code imports {name}; it may use shootdown.lang")


def imported_names(module: ast.Module) -> Iterator[tuple[int, str]]:
    """The full names that a module imports, or imports from, with their lines."""
    for node in ast.walk(module):
        match node:
            case ast.Import(names=aliases):
                yield from ((node.lineno, alias.name) for alias in aliases)
            case ast.ImportFrom(module="shootdown", names=aliases):
                yield from ((node.lineno, f"shootdown.{alias.name}") for alias in aliases)
            case ast.ImportFrom(module=name, level=level):
                yield node.lineno, "." * level + (name or "")


def check_kernel_docstrings(source: Source) -> Iterator[str]:
    """Each kernel function says what it follows, where it may run, and what it leaves out."""
    if not source.path.startswith(LINUX_FOLDER):
        return
    for function in source.functions():
        if not is_kernel(function):
            continue
        sections = docstring_sections(ast.get_docstring(function) or "")
        for title in SECTIONS:
            if not sections.get(title):
                yield source.at(function.lineno, f"{function.name} does not say '{title}:'")
        if follows := sections.get("Kernel"):
            yield from check_origin(source, function, follows)


def check_origin(source: Source, function: Function, follows: str) -> Iterator[str]:
    """The prefix sd_ marks those functions, and only those, that the kernel does not have."""
    is_ours = re.match(r"none\b", follows) is not None
    if is_ours and not function.name.startswith("sd_"):
        yield source.at(function.lineno, f"{function.name} is not the kernel's; call it sd_...")
    if not is_ours and function.name.startswith("sd_"):
        message = f"{function.name} follows the kernel: use its name, or say 'Kernel: none'"
        yield source.at(function.lineno, message)


def is_kernel(function: Function) -> bool:
    """Whether a function is compiled: decorated with `kernel` or `kernel(...)`."""
    return any(decorator_name(decorator) == "kernel" for decorator in function.decorator_list)


def docstring_sections(docstring: str) -> dict[str, str]:
    """Split a docstring at its titles; a section's text goes on to the next title."""
    titles = "|".join(SECTIONS)
    parts = re.split(rf"^({titles}):", docstring, flags=re.MULTILINE)
    return {title: text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def check_versions(source: Source) -> Iterator[str]:
    """Kernels differ by commits: code asks for a feature, never for a release."""
    if not source.path.startswith(LINUX_FOLDER):
        return
    found = {
        (condition.lineno, name)
        for node in ast.walk(source.module)
        for condition in conditions(node)
        if (name := named_version(condition))
    }
    for line, name in sorted(found):
        yield source.at(line, f"decides by release ({name}); ask for the feature that changed it")


def conditions(node: ast.AST) -> list[ast.expr]:
    """The expressions by which a node chooses between kernels."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return [test]
        case ast.Match(subject=subject):
            return [subject]
        case ast.Call() if decorator_name(node) in {"has", "kernel"}:
            return [*node.args, *(keyword.value for keyword in node.keywords)]
        case _:
            return []


def named_version(condition: ast.expr) -> str | None:
    """The first release number, or variable that holds one, in an expression."""
    for node in ast.walk(condition):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in VERSION_NAMES:
                return name
            case ast.Constant(value=str(text)) if VERSION_TEXT.fullmatch(text):
                return text
    return None


MODEL_RULES: tuple[Rule, ...] = (check_imports, check_kernel_docstrings, check_versions)
